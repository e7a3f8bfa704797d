//! What is wrong or unwise with a definition.

super::phrases! {
    // Of any field.
    SPAN_RANGE: "check.span_range" = "{text:span} is not above 0 and at most {most:span}";
    NO_SPAN: "check.no_span" = "\"{text}\" is no length of time";
    NO_SPAN_BEFORE: "check.no_span_before" = "\"{text}\" is no time before";
    NO_TIME_OF_DAY: "check.no_time_of_day" = "\"{text}\" is no time of day";
    NO_LOCAL_TIME: "check.no_local_time" = "\"{text}\" is no local time";
    NO_WEEKDAY: "check.no_weekday" = "\"{day}\" is no weekday";
    NO_ID: "check.no_id" = "\"{id}\" cannot be an id";
    ID_TWICE: "check.id_twice" = "the id \"{id}\" is there twice";
    ID_TAKEN: "check.id_taken" = "\"{id}\" has a meaning of its own in reports";
    NAME_LONG: "check.name_long" = "the name is too long";
    NOTE_LONG: "check.note_long" = "the note is too long";
    NO_NAME: "check.no_name" = "\"{name}\" is no name";
    NO_EVENT: "check.no_event" = "this is no event";
    FIRST_EVENT: "check.first_event" = "the first of a user cannot be told from one event";
    NO_SEGMENT: "check.no_segment" = "there is no segment \"{segment}\"";
    NO_STATE: "check.no_state" = "there is no state \"{state}\"";
    STATES_NONE: "check.states_none" = "name at least one state";
    NO_LIFECYCLE: "check.no_lifecycle" = "there is no lifecycle \"{lifecycle}\"";
    NO_TOPIC: "check.no_topic" = "there is no topic \"{topic}\"";
    TOPIC_CHANNEL: "check.topic_channel" = "\"{topic}\" is a topic of the channel {channel}";
    NO_CATALOG: "check.no_catalog" = "there is no catalog \"{catalog}\": what is looked up there is empty";
    NO_GROUP: "check.no_group" = "there is no control group \"{group}\"";
    TWICE: "check.twice" = "\"{id}\" is there twice";
    GROUP_TRANSACTIONAL: "check.group_transactional" = "a transactional campaign knows no control group";
    NO_CONTROL_SHARE: "check.no_control_share" = "{share} is no share from 0 to 0.99";
    PRIORITY: "check.priority" = "{priority} is above 100";
    INSTANTS_NONE: "check.instants_none" = "name at least one instant";
    END_TWICE: "check.end_twice" = "there is a last day and a count";
    LABELS_MORE: "check.more_labels" = "there are more than {most:number}";
    NO_LABEL: "check.no_label" = "\"{label}\" is not 1 to {most:number} bytes without a comma";

    // Of the whole.
    GOALS_MORE: "check.more_goals" = "there are {n:count} goals";
    EXITS_MORE: "check.more_exits" = "there are {n:count} of them";
    STEPS: "check.steps" = "there are {n:count} steps";
    GOAL_MESSAGE: "check.goal_message" = "what became of a message is no goal";
    GOAL_NONE: "check.goal_none" = "the journey has no goal";
    KEY_EVENT: "check.key_event" = "only an event has a property to be in by";
    REVENUE_EVENT: "check.revenue_event" = "only an event has a property";

    // Of the ways from step to step.
    NO_STEP: "check.no_step" = "there is no step \"{step}\"";
    OWN_PATHS: "check.own_paths" = "this step goes on by its own paths, or not at all";
    UNREACHED: "check.unreached" = "nobody can come to this step";
    CIRCLE: "check.circle" = "{steps} go round without time going by";
    PATHS: "check.paths" = "there are {n:count} paths";
    NO_PATH: "check.no_path" = "there is no path \"{path}\"";
    NO_CONDITION: "check.no_condition" = "the path has no condition";
    NO_SHARE: "check.no_share" = "{share} is no part";
    NO_SHARES: "check.no_shares" = "all shares are 0";

    // Of waits.
    WAIT_FORM: "check.wait_form" = "a wait has exactly one form";
    LONE_FIELD: "check.lone_field" = "`{field}` says something only beside `{of}`";

    // Of learning splits.
    NO_VALUE_OF_GOAL: "check.no_value_of_goal" = "{value} is no value";
    CONTEXT_PERSONAL: "check.context_personal" = "\"{attribute}\" is personal, and events would say its value";
    CONTEXTS: "check.contexts" = "there are {n:count} contexts";
    NOT_CONTEXT: "check.not_context" = "\"{context}\" cannot be a context";
    NOT_PLAIN: "check.not_plain" = "{value} is no plain value";
    NO_CONTEXT: "check.no_context" = "there is no context \"{context}\"";
    FLOOR: "check.floor" = "{n:count} paths cannot keep {floor} each";

    // Of messages, and of asking servers.
    SENDS_NONE: "check.sends_none" = "the step \"{step}\" sends no message";
    NOT_DONE: "check.not_done" = "\"{did}\" does not become of messages";
    MESSAGES: "check.messages" = "there are {n:count} messages";
    CHANNEL_TWICE: "check.channel_twice" = "the channel is there twice";
    NO_SUCH_PROVIDER: "check.no_such_provider" = "there is no provider \"{provider}\" of this channel";
    NO_PROVIDER: "check.no_provider" = "there is no provider for the channel";
    NO_DEFAULT: "check.no_default" = "there is no content for everybody else";
    ONLY_WEBHOOKS: "check.only_webhooks" = "only webhooks are answered";
    NOT_BEFORE: "check.not_before" = "nobody comes here from the step \"{step}\"";
    ASKS_NONE: "check.asks_none" = "the step \"{step}\" asks no server";

    // Of what writes.
    CHANGES: "check.changes" = "there are {n:count} changes";
    VALUE_OBJECT: "check.value_object" = "the value of \"{name}\" is an object";
    VALUE_OBJECTS: "check.value_objects" = "the value of \"{name}\" has objects in it";
    NO_VALUE: "check.no_value" = "this is no value";
    NOT_ADDED: "check.not_added" = "{value} cannot be added";
    TWO_WAYS: "check.two_ways" = "\"{name}\" is changed in two ways";
    SERVER_EVENT: "check.server_event" = "\"{event}\" is told by the server alone";
    PROPERTIES: "check.properties" = "there are {n:count} properties";

    // Of other journeys.
    ITSELF: "check.itself" = "a journey does not let into itself";
    NO_JOURNEY: "check.no_journey" = "there is no journey \"{journey}\"";
    OTHER_ENTRY: "check.other_entry" = "\"{journey}\" lets people in otherwise";
}
