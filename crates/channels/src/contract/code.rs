//! The closed list of reasons for which a message was not accepted.
//!
//! Names are stable: they stand in receipts, exports and alerts. An adapter maps every answer of
//! its provider to one of them and never invents a name at run time.

macro_rules! codes {
    ($($variant:ident $name:literal $text:literal $todo:literal;)*) => {
        /// Why a message was not accepted. The words of the provider stand beside it as detail.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = $text] $variant,)*
        }

        impl Code {
            /// All codes, in the order of the documentation.
            pub const ALL: &[Code] = &[$(Code::$variant,)*];

            /// The stable name, such as `token.unregistered`.
            pub const fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)* }
            }

            /// What happened, in one line.
            pub const fn explanation(self) -> &'static str {
                match self { $(Code::$variant => $text,)* }
            }

            /// What to do about it, in one line.
            pub const fn remedy(self) -> &'static str {
                match self { $(Code::$variant => $todo,)* }
            }
        }
    };
}

codes! {
    AddressMalformed "address.malformed"
        "the address or number is not written as the protocol demands"
        "correct it where it comes from";
    AddressUnknown "address.unknown"
        "the recipient's provider knows no such address"
        "nothing: the address is not used again";
    AddressUnavailable "address.unavailable"
        "the mailbox or line exists but does not take messages now"
        "nothing: it is tried again while the message is of use";
    AddressFull "address.full"
        "the recipient's mailbox or queue is full"
        "nothing: it is tried again while the message is of use";
    AddressUnreachable "address.unreachable"
        "the number cannot receive this kind of message, for instance a landline"
        "use another channel for this person";
    AddressBlocked "address.blocked"
        "the recipient or its provider blocks messages of this sender"
        "use another channel; see to the sender's reputation if many are blocked";
    AddressOptedOut "address.opted_out"
        "the provider has recorded that the recipient does not want messages"
        "nothing: consent has to come from the recipient";
    AddressThrottled "address.throttled"
        "this recipient got too many messages in too short a time"
        "lower the cap of messages for one person";
    TokenUnregistered "token.unregistered"
        "the app was removed or its token replaced"
        "nothing: the token is not used again";
    TokenMalformed "token.malformed"
        "the token is not one of this provider"
        "check what the app sends as its token";
    TokenForeign "token.foreign"
        "the token belongs to another app, project or environment"
        "check which project or environment the app was built for";
    SubscriptionGone "subscription.gone"
        "the browser's subscription has ended"
        "nothing: the subscription is not used again";
    SubscriptionForeign "subscription.foreign"
        "the subscription was made for another server key"
        "subscribe again with the present key";
    PayloadTooLarge "payload.too_large"
        "the message is larger than the channel takes"
        "shorten the message";
    PayloadRefused "payload.refused"
        "the provider found a fault in the message"
        "read the detail and correct the message";
    PayloadContent "payload.content"
        "the content was refused as spam or against a policy"
        "change the content";
    PayloadForeign "payload.foreign"
        "the message is not of this channel"
        "report this: the message was handed to the wrong adapter";
    MessageExpired "message.expired"
        "the message was no longer of use when it could have been sent"
        "allow more time or send earlier";
    TemplateUnknown "template.unknown"
        "the provider has no approved template of this name and language"
        "have the template approved";
    TemplateParameters "template.parameters"
        "the values do not fit the placeholders of the template"
        "compare the values with the approved template";
    TemplatePaused "template.paused"
        "the provider has paused or disabled the template"
        "improve the template or use another one";
    WindowClosed "window.closed"
        "the recipient has not written lately, so only templates may be sent"
        "send an approved template";
    SenderRefused "sender.refused"
        "the sender's address, number or name may not be used"
        "register the sender with the provider";
    SenderUnauthenticated "sender.unauthenticated"
        "the recipient's server demands that the sender proves its domain"
        "set up the DNS records of the domain";
    SenderReputation "sender.reputation"
        "the sender or its network is blocked for its reputation"
        "find out why at the provider or block list that the detail names";
    SenderSuspended "sender.suspended"
        "the provider has suspended the account or number"
        "talk to the provider";
    CredentialsRefused "credentials.refused"
        "the provider does not accept the credentials"
        "enter valid credentials";
    CredentialsExpired "credentials.expired"
        "the access token is too old"
        "nothing: a new one is asked for; check the clock if it goes on";
    CredentialsMalformed "credentials.malformed"
        "a key or credential cannot be read"
        "enter it again as the provider gives it out";
    PermissionDenied "permission.denied"
        "the credentials do not allow this"
        "give the account the permission that the detail names";
    ConfigurationInvalid "configuration.invalid"
        "a setting of the channel does not fit the provider"
        "correct the setting that the detail names";
    ProviderThrottled "provider.throttled"
        "the provider takes no more messages for now"
        "nothing: it slows down by itself; lower the rate if it goes on";
    ProviderGreylisted "provider.greylisted"
        "the recipient's server wants a second attempt later"
        "nothing: it is tried again";
    ProviderUnavailable "provider.unavailable"
        "the provider is out of service for now"
        "nothing: it is tried again";
    ProviderFailed "provider.failed"
        "the provider had a fault of its own"
        "nothing: it is tried again";
    ProviderRefused "provider.refused"
        "the provider refused for a reason that is on no list"
        "read the detail";
    ProviderGarbled "provider.garbled"
        "the provider's answer makes no sense"
        "check that the address is the provider's";
    ProviderRedirected "provider.redirected"
        "the provider answered with a redirect, which is never followed"
        "enter the final address";
    QuotaExhausted "quota.exhausted"
        "the account's quota for the day or month is used up"
        "raise the quota at the provider";
    BalanceExhausted "balance.exhausted"
        "the account has no money left"
        "top up the account";
    DestinationForbidden "destination.forbidden"
        "the address leads into a private network"
        "use a public address or allow this one";
    DestinationMalformed "destination.malformed"
        "the address of the server is not one"
        "correct the address";
    NetworkUnresolved "network.unresolved"
        "the name of the server has no address"
        "check the name and the machine's DNS";
    NetworkUnreachable "network.unreachable"
        "no connection could be made"
        "check the address, the port and the firewall";
    NetworkTimeout "network.timeout"
        "no connection was made, or not answered, in the time allowed"
        "nothing: it is tried again";
    NetworkCut "network.cut"
        "the connection ended before the message was handed over"
        "nothing: it is tried again";
    TlsFailed "tls.failed"
        "no trusted encrypted connection could be made"
        "check the certificate of the server";
    TlsUnavailable "tls.unavailable"
        "the server does not offer encryption, which is demanded"
        "use another port, or allow plain connections";
    AnswerTimeout "answer.timeout"
        "the message was handed over and no answer came in the time allowed"
        "nothing, or look whether it arrived";
    AnswerLost "answer.lost"
        "the connection ended after the message was handed over and before the answer"
        "nothing, or look whether it arrived";
    AnswerTooLarge "answer.too_large"
        "the answer is larger than any sensible one"
        "check that the address is the provider's";
}

impl Code {
    /// The code of a stable name; `None` if there is none.
    pub fn parse(name: &str) -> Option<Code> {
        Code::ALL.iter().copied().find(|code| code.name() == name)
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
