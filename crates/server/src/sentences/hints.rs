//! How what is wrong with a definition is mended.

super::phrases! {
    // How something is written.
    SPAN: "hint.span" = "write a number and a unit, as in 90s, 2m, 24h or 3d";
    SINCE: "hint.since" = "write `entry`, or how long before, as in 10m";
    TIME_OF_DAY: "hint.time_of_day" = "write it like 09:30";
    LOCAL_TIME: "hint.local_time" = "write it like 2026-12-24T09:00";
    WEEKDAY: "hint.weekday" = "write it like monday";
    ID: "hint.id" = "write 1 to 64 letters, digits, - and _";
    EVENT: "hint.event" = "write a name, or an object with `event` and `where`";
    VALUE: "hint.value" = "write a value, {profile}, {event} or {answer}";
    DOTTED: "hint.dotted" = "write dotted names, as in address.city, or {answer}";
    PLAIN: "hint.plain" = "write texts, numbers, or lists of them";
    WAIT_FORMS: "hint.wait_forms" = "write `for`, `until` or both, or `date`, or `attribute`";
    CONDITION: "hint.condition" = "write `segment`, `event` or `answer`; all others go by `otherwise`";
    WINNER: "hint.winner" = "write `winner`, as the split tells nobody apart";
    WEBHOOK_OR: "hint.webhook_or" = "write `webhook`, or make it a step `message`";
    DEFAULT: "hint.default" = "write one under \"{locale}\"";
    ENTRY_API: "hint.entry_api" = "its `entry` should be {entry}";
    BYTES: "hint.bytes" = "write 1 to {most:number} bytes";
    BYTES_MOST: "hint.bytes_most" = "write at most {most:number} bytes";
    AT_MOST: "hint.at_most" = "write at most {most:number}";
    FROM_TO: "hint.from_to" = "write {least} to {most}";
    MESSAGES: "hint.messages" = "write 2 to {most:number}; one alone is a step `message`";
    NUMBER: "hint.number" = "write a number";
    NOT_NEGATIVE: "hint.not_negative" = "write a number from 0 on";
    POSITIVE: "hint.positive" = "write a number above 0";
    ONE_OF: "hint.one_of" = "write one of {words:all}";
    USE: "hint.use" = "use {names:all}";

    // What to do.
    LEAVE_OUT: "hint.leave_out" = "leave it out";
    LEAVE_ONE_OUT: "hint.leave_one_out" = "leave one of them out";
    OTHER_ID: "hint.other_id" = "give one of them another id";
    OTHER_PATH_ID: "hint.other_path_id" = "give the path another id";
    OTHER_NAME: "hint.other_name" = "choose another name";
    NAME_HAPPENING: "hint.name_happening" = "name an event, a segment or a state";
    NAME_SENDER: "hint.name_sender" = "name a step that sends one";
    NAME_STEP: "hint.name_step" = "name a step of this journey, or leave it out";
    NAME_ASKER: "hint.name_asker" = "name a step of the kind `webhook` that comes before";
    NAME_PATH: "hint.name_path" = "name one of the paths";
    NAME_GOAL: "hint.name_goal" = "name what it is to bring about: its effect is told by that";
    KEY_OUT: "hint.key_out" = "leave it out, or let people in by an event";
    REVENUE_OUT: "hint.revenue_out" = "leave it out, or make the goal an event";
    LEAD_TO: "hint.lead_to" = "let a step before lead to it, or delete it";
    LEAD_BACK: "hint.lead_back" = "let a step lead back to an earlier one instead";
    PUT_WAIT: "hint.put_wait" = "put a `wait` with `for` or `until` into the circle";
    OWN_CHANNEL: "hint.own_channel" = "give each a channel of its own: the later one is never sent";
    OWN_STEP: "hint.own_step" = "which comes first is not said: put one into a step of its own";
    SOME_SHARE: "hint.some_share" = "give at least one a share";
    SEGMENTS_OF: "hint.segments_of" = "make segments of its values, and tell people apart by these";
    SEGMENT_OF_FIRST: "hint.segment_of_first" = "make a segment of it, and trigger on entering that";
    NAME_CONTEXTS: "hint.name_contexts" = "name 1 to {most:number}; whoever is in none of them is in \"{others}\"";
    OTHER_SEGMENT: "hint.other_segment" = "make a segment of it, under another id";
    PLAIN_VALUES: "hint.plain_values" = "write texts, numbers or truth values";
    LIST_FRAMEWORKS: "hint.list_frameworks" = "GET /api/frameworks lists them";
    LIST_SEGMENTS: "hint.list_segments" = "GET /api/segments lists them";
    SAVE_SEGMENT: "hint.save_segment" = "save the segment first; GET /api/segments lists them";
    NAME_PROVIDER: "hint.name_provider" = "name one that GET /api/providers lists, or leave it out";
    MAKE_PROVIDER: "hint.make_provider" = "make one with POST /api/providers, or under Settings";
    MAKE_GROUP: "hint.make_group" = "make one under `groups` of the contact policy first";
    GROUPS_OUT: "hint.groups_out" = "leave them out, or make the campaign not transactional";
    LIST_JOURNEYS: "hint.list_journeys" = "GET /api/journeys lists them";
    LIST_TOPICS: "hint.list_topics" = "GET /api/subscriptions/topics lists them";
    UPLOAD: "hint.upload" = "upload its rows, or mend the name; GET /api/catalogs lists them";
}
