//! Answers to the web client: the calls of a script, JSON, or JSON encrypted as the request was.
//!
//! Invariant: nothing of what is known about a person is in them but the messages that whoever answers let
//! through. Whoever knows somebody's id could ask in their name.

use serde_json::{Value, json};

use super::notices::Notices;
use super::transit::NONCE_BYTES;
use super::web::Call;

/// A browser that says of no session is in one that begins now.
const STATE: &str = "p1";

/// What a browser is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    guid: String,
    session: u64,
    resume: bool,
    switched: bool,
    rn: u64,
    opt_out: Option<bool>,
    notices: Notices,
}

impl Answer {
    /// The answer to a call. `guid`: whom the browser is from now on; `now`: seconds since 1970.
    pub fn to(call: &Call, guid: &str, now: u64) -> Answer {
        let same = call.guid() == Some(guid);
        let out = call.opt_out == Some(true);
        Answer {
            guid: if out { format!("{guid}:OO") } else { guid.to_owned() },
            // It never decreases: the browser would not take a guid from an older one.
            session: call.session().unwrap_or(now),
            // A fresh browser takes the guid anyway; one that has another takes it when it is told to.
            resume: !same && (call.guid().is_some() || call.switches()),
            switched: call.switches(),
            rn: call.rn,
            opt_out: call.opt_out,
            notices: Notices::default(),
        }
    }

    /// The same with messages for the page.
    pub fn with(self, notices: Notices) -> Answer {
        Answer { notices, ..self }
    }

    /// As a script.
    pub fn script(&self) -> String {
        let Answer { guid, session, resume, rn, opt_out, .. } = self;
        let out = opt_out.map(|out| format!(",{out}")).unwrap_or_default();
        let told = self.told();
        format!("$WZRK_WR.tr({told});$WZRK_WR.s('{guid}',{session},{resume},{rn}{out});")
    }

    /// As JSON.
    pub fn json(&self) -> String {
        let Answer { guid, session, resume, rn, opt_out, .. } = self;
        let mut meta = json!({"g": guid, "sid": session, "rf": resume, "rn": rn});
        if let Some(out) = opt_out {
            meta["optOut"] = json!(out);
        }
        json!({"tr": self.told(), "meta": meta}).to_string()
    }

    /// As JSON, encrypted if the call was. `nonce` is used once.
    pub fn sealed(&self, call: &Call, nonce: [u8; NONCE_BYTES]) -> String {
        let plain = self.json();
        let sealed = call.transit.as_ref().and_then(|transit| transit.seal(&plain, nonce));
        sealed.map_or(plain, |(itp, itv)| json!({"itp": itp, "itv": itv}).to_string())
    }

    fn told(&self) -> Value {
        let mut state = json!({"v": STATE, "d_ts": self.session});
        if self.switched {
            state["isOUL"] = json!(true);
        }
        let mut told = json!({ "arp": state });
        self.notices.tell(&mut told);
        told
    }
}
