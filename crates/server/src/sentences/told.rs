//! What reports, verdicts, paths of people, backtests and reviews say.

super::phrases! {
    // Why there is no effect.
    NO_CONTROL: "effect.no_control" = "there is no control group yet";
    NOBODY_WENT: "effect.nobody_went" = "nobody went by \"{path}\" yet";
    LEARNED: "effect.learned" = "who goes where follows what was learned, so the paths had different people";
    ARMS: "effect.arms" = "{found:number} arms; compare a control and 1 to {most:number} others";
    FEW_CONTROL: "effect.few_control" = "control has {users:count} users and needs {needed:number}; wait or give it a larger share";
    FEW_VARIANTS: "effect.few_variants" = "all variants together has {users:count} users and needs {needed:number}; wait or give it a larger share";
    FEW_CAME_IN: "effect.few_came_in" = "\"journey\" has {users:count} users and needs {needed:number}; wait or give it a larger share";
    FEW_ARM: "effect.few_arm" = "{arm} has {users:count} users and needs {needed:number}; wait or give it a larger share";
    CONTRADICT: "effect.contradict" = "the counts of {arm} contradict each other; count them again";

    // What a winner of a learning split still needs.
    NEEDS_RUNS: "winner.runs" = "{path} has {runs:count} users counted and needs {needed:number}";
    NEEDS_REWARDED: "winner.rewarded" = "{path} has {rewarded:count} users with a reward and a comparison of amounts needs {needed:number}";
    NEEDS_TIME: "winner.time" = "the split has run for {elapsed:span} and needs {needed:span}";
    NEEDS_SURE: "winner.sure" = "the leader is the best with {best:share} and needs {needed:share}";
    NEEDS_SHOWN: "winner.shown" = "the always valid p value is {p:chance} and must be {most:chance} at most";

    // Why somebody came in, went on, or went out.
    EVENT: "path.event" = "\"{event}\" at {at:instant}";
    EVENT_GONE: "path.event_gone" = "an event that is not there any more";
    EVENT_NAMED: "path.event_named" = "\"{event}\"";
    EVENT_SOME: "path.event_some" = "an event";
    ENTERED: "path.entered" = "entered the segment \"{segment}\"";
    LEFT: "path.left" = "left the segment \"{segment}\"";
    STATE: "path.state" = "came into the state {states:any}";
    LET_IN: "path.let_in" = "let in by a request, a list or another journey";
    DATE: "path.date" = "its date came";
    CAME_IN: "path.came_in" = "came in";
    PUBLISHED: "path.published" = "version {version} was published";
    BY: "path.by" = "path: {path}";
    NAMED: "path.named" = "{path}";
    WAITED: "path.waited" = "waited {time:lasted}";
    NO_INSTANT: "path.no_instant" = "\"{attribute}\" is no instant";
    NOTHING_WITHIN: "path.nothing_within" = "nothing of it within {within:span}";
    BECAME: "path.became" = "the message of \"{step}\" was {did:became}";
    NO_CONDITION: "path.no_condition" = "no condition held";
    CONDITION: "path.condition" = "its condition held: {path}";
    DRAWN: "path.drawn" = "drawn: {path}";
    DRAWN_LEARNED: "path.drawn_learned" = "drawn by what was learned: {path}";
    DRAWN_CONTEXT: "path.drawn_context" = "drawn by what was learned of people in \"{context}\": {path}";
    NO_MESSAGE: "path.no_message" = "no message could be sent";
    DECIDED: "path.decided" = "message decided";
    WITHHELD: "path.withheld" = "message withheld: {reason:reason}";
    FAILED: "path.failed" = "message failed: {reason:reason}";
    QUEUED: "path.queued" = "message queued";
    HELD_OUT: "path.held_out" = "message held out: {group:reason}";
    ANSWERED: "path.answered" = "answered {status}";
    ANSWERED_UNREAD: "path.answered_unread" = "answered {status}, of which nothing can be used: {why:unread}";
    NOT_ANSWERED: "path.not_answered" = "failed: {reason:reason}";
    NO_ANSWER: "path.no_answer" = "no answer within {within:span}";
    CHANGED: "path.changed" = "attributes changed";
    WRITTEN: "path.written" = "\"{event}\" written";
    LET_INTO: "path.let_into" = "let into \"{journey}\"";
    AT_STEP: "path.at_step" = "at the step \"{step}\"";

    // What was played.
    PAST_CHANGE: "past.change" = "a change of what they are";
    PAST_RUN: "past.run" = "the run {run}";
    PAST_TIME: "past.time" = "time alone";
    PAST_NOT_SENT: "past.not_sent" = "the message was not sent";
    PAST_NO_ANSWER: "past.no_answer" = "nobody answers in a backtest";
    PAST_CONTEXT: "past.context" = "found in \"{context}\" and drawn";

    // Where those go who wait at a step, when a new version is published.
    SAME_STEP: "publish.same" = "the same step is there";
    CHANGED_STEP: "publish.changed" = "the same step is there; what it does has changed";
    GONE_STEP: "publish.gone" = "the step is gone; they go on by the version by which they came in";
}
