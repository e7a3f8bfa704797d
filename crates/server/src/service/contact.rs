//! The contact policy as people manage it.

use std::collections::BTreeSet;

use model::Text;
use wire::api::{CampaignInput, ContactPolicy};

use super::{Service, journeys, settings};
use crate::failure::Failure;
use crate::outreach::{compile, policy};

impl Service {
    /// What holds for all campaigns that are not transactional.
    pub fn contact_policy(&self) -> Result<ContactPolicy, Failure> {
        compile::stored_policy(self.workspace.config())
    }

    /// Replaces it. It holds for everything that is decided from now on.
    pub fn set_contact_policy(&self, written: &ContactPolicy) -> Result<ContactPolicy, Failure> {
        let rules = self.rules()?;
        let labels: Vec<Text> = self.labels(written)?.into_iter().collect();
        policy::compile(written, (rules.seed, &rules.zone), &labels)?;
        if let Some(url) = &written.public_url
            && message::links::web_address(url).is_none()
        {
            let message = format!("`public_url`: \"{url}\" is not an address of the web");
            return Err(Failure::unprocessable("contact_policy.invalid", message)
                .hint("write it like https://messages.example.com"));
        }
        self.check_groups(written)?;
        let json = serde_json::to_string(written)
            .map_err(|error| Failure::new(500, "server.settings", error.to_string()))?;
        self.workspace.config().set(settings::CONTACT_POLICY, &json)?;
        self.outreach_changed()?;
        self.contact_policy()
    }

    /// Refuses to take away a control group that a campaign which was started, or a published journey, names: nobody
    /// could say any more who was held out.
    fn check_groups(&self, written: &ContactPolicy) -> Result<(), Failure> {
        let kept = |id: &String| written.groups.iter().any(|group| group.id == *id);
        for saved in self.workspace.config().campaigns()? {
            let started = saved.status != "draft";
            let Ok(input) = serde_json::from_str::<CampaignInput>(&saved.definition) else {
                continue;
            };
            if let Some(id) = input.control_groups.iter().find(|id| started && !kept(id)) {
                let message =
                    format!("`groups`: the campaign \"{}\" holds out the group \"{id}\"", saved.id);
                return Err(Failure::unprocessable("contact_policy.invalid", message).hint(
                    "keep the group; its members get nothing only of campaigns that name it",
                ));
            }
        }
        for saved in self.workspace.config().journeys()? {
            let Some(published) = self.workspace.config().published_journey(&saved.id)? else {
                continue;
            };
            let groups = journeys::read_version(&published)?.control_groups;
            if let Some(id) = groups.iter().find(|id| !kept(id)) {
                let message =
                    format!("`groups`: the journey \"{}\" holds out the group \"{id}\"", saved.id);
                return Err(Failure::unprocessable("contact_policy.invalid", message).hint(
                    "keep the group; its members are kept out only of journeys that name it",
                ));
            }
        }
        Ok(())
    }

    /// The labels of the policy, and of all campaigns and journeys.
    pub(super) fn labels(&self, of: &ContactPolicy) -> Result<BTreeSet<Text>, Failure> {
        let mut labels = policy::labels_of(of);
        for saved in self.workspace.config().campaigns()? {
            if let Ok(input) = serde_json::from_str::<CampaignInput>(&saved.definition) {
                labels.extend(input.labels.iter().map(Text::new));
            }
        }
        for saved in self.workspace.config().journeys()? {
            if let Ok(input) = journeys::read(&saved) {
                labels.extend(input.labels.iter().map(Text::new));
            }
        }
        Ok(labels)
    }
}
