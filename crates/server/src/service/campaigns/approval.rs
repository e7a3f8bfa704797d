//! Who may let a campaign go: somebody else than who made it or changed it last.
//!
//! Invariants: an approval is of one version of the definition, and a changed definition is another version;
//! where the workspace asks for approval, nothing is sent by a version that nobody else approved.

use std::sync::{MutexGuard, PoisonError};

use sha2::{Digest, Sha256};
use wire::api::{Campaign, CampaignApproval, CampaignStatus};

use super::{Service, status};
use crate::config::campaigns::{SavedApproval, SavedCampaign};
use crate::failure::Failure;

/// Bytes of a version: enough that nobody finds two definitions with the same one by chance.
const VERSION_BYTES: usize = 8;

impl Service {
    /// Held while a campaign is read, looked at and written.
    pub(crate) fn changing_campaigns(&self) -> MutexGuard<'_, ()> {
        self.campaigns_changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whoever asks: the id of their key, or that they act without one.
    pub(in crate::service) fn who(&self) -> String {
        match self.caller.id.is_empty() {
            true => self.caller.name.clone(),
            false => self.caller.id.clone(),
        }
    }

    /// What somebody is called: the label of their key, as long as it lasts.
    pub(in crate::service) fn called(&self, who: &str) -> Result<String, Failure> {
        let keys = self.workspace.config().keys()?;
        let key = keys.into_iter().find(|key| key.id == who && !key.label.is_empty());
        Ok(key.map_or_else(|| who.to_owned(), |key| key.label))
    }

    /// The approval of a campaign as it is.
    pub(super) fn approval_of(
        &self,
        saved: &SavedCampaign,
    ) -> Result<Option<CampaignApproval>, Failure> {
        let Some(SavedApproval { version, by, at }) = current(saved) else { return Ok(None) };
        let (version, by) = (version.clone(), self.called(by)?);
        Ok(Some(CampaignApproval { version, by, at: at.to_string() }))
    }

    /// Approves the version of a campaign that whoever asks has looked at.
    pub fn approve_campaign(&self, id: &str, looked_at: &str) -> Result<Campaign, Failure> {
        let _changing = self.changing_campaigns();
        let mut saved = self.saved_campaign(id)?;
        if matches!(status(&saved.status), CampaignStatus::Stopped | CampaignStatus::Ended) {
            return Err(Failure::new(409, "campaign.over", "the campaign is over")
                .hint("make another one of its definition"));
        }
        let version = version(&saved.definition);
        if version != looked_at {
            let message = format!("the campaign is another one now: version {version}");
            return Err(Failure::new(409, "campaign.changed", message)
                .hint("look at it again, and approve the version that it says then"));
        }
        if let Some(did) = self.own(&saved) {
            let message = format!("whoever {did} a campaign cannot approve it, and you did");
            return Err(Failure::new(403, "campaign.own_approval", message).hint(format!(
                "somebody else does, with an admin key of their own{}",
                self.keyless()
            )));
        }
        saved.approval = Some(SavedApproval { version, by: self.who(), at: self.workspace.now() });
        self.workspace.config().put_campaign(&saved)?;
        self.shown_campaign(saved)
    }

    /// Takes an approval back. What was started goes on.
    pub fn withdraw_approval(&self, id: &str) -> Result<Campaign, Failure> {
        let _changing = self.changing_campaigns();
        let saved = self.saved_campaign(id)?;
        let saved = SavedCampaign { approval: None, ..saved };
        self.workspace.config().put_campaign(&saved)?;
        self.shown_campaign(saved)
    }

    /// Refuses to let a campaign send that needs an approval and has none, or by whoever wrote it.
    pub(super) fn check_approval(&self, saved: &SavedCampaign) -> Result<(), Failure> {
        if !self.contact_policy()?.approval {
            return Ok(());
        }
        if current(saved).is_none() {
            let (made, changed) = (self.called(&saved.created_by)?, self.called(&saved.edited_by)?);
            let version = version(&saved.definition);
            let before = saved.approval.as_ref().map_or(
                "nobody approved this version",
                |_| "the campaign was changed after it was approved; nobody approved this version",
            );
            let others = match made == changed {
                true => format!("\"{made}\""),
                false => format!("\"{made}\" and \"{changed}\""),
            };
            let message = format!("{before} ({version})");
            return Err(Failure::new(409, "campaign.approval_missing", message).hint(format!(
                "somebody else than {others} approves it on its page, or with \
                 POST /api/campaigns/{}/approval",
                saved.id
            )));
        }
        if let Some(did) = self.own(saved) {
            let message = format!("whoever {did} a campaign cannot start it, and you did");
            return Err(Failure::new(403, "campaign.own_start", message).hint(format!(
                "somebody else starts it, with an admin key of their own{}",
                self.keyless()
            )));
        }
        Ok(())
    }

    /// Refuses to change a campaign while it sends, if changes need an approval.
    pub(super) fn check_change(&self, saved: &SavedCampaign) -> Result<(), Failure> {
        let sends =
            matches!(status(&saved.status), CampaignStatus::Running | CampaignStatus::Scheduled);
        if !sends || !self.contact_policy()?.approval {
            return Ok(());
        }
        let message = "a campaign that is running is not changed where changes need approval";
        Err(Failure::new(409, "campaign.approval_running", message)
            .hint("pause it, change it, have the change approved, and resume it"))
    }

    /// What whoever asks did to a campaign that keeps them from letting it go.
    fn own(&self, saved: &SavedCampaign) -> Option<&'static str> {
        let who = self.who();
        match (saved.created_by == who, saved.edited_by == who) {
            (true, _) => Some("made"),
            (false, true) => Some("last changed"),
            (false, false) => None,
        }
    }

    /// Whoever acts without a key is always the same one.
    pub(in crate::service) fn keyless(&self) -> &'static str {
        match self.caller.id.is_empty() {
            true => {
                "; without keys nobody can be told from anybody else: start the server with keys"
            }
            false => "",
        }
    }
}

/// The approval of the definition as it is.
fn current(saved: &SavedCampaign) -> Option<&SavedApproval> {
    saved.approval.as_ref().filter(|approval| approval.version == version(&saved.definition))
}

/// The version of a definition: a part of its SHA-256.
pub(in crate::service) fn version(definition: &str) -> String {
    let digest = Sha256::digest(definition.as_bytes());
    digest.iter().take(VERSION_BYTES).map(|byte| format!("{byte:02x}")).collect()
}
