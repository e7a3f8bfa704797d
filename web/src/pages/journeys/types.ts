// What is asked and answered of journeys. The one place that says so: pages take these names from here only.
//
// Answers are as the document of the API has them. What a form fills in step by step has looser types: content,
// values, and what is still missing; whether it is right is for the server to say.

import type { Again, Channel, Content, ContentProblem, LocalHours, ReasonCount, Trigger } from '../../api/outreach';
import type { Schemas } from '../../api/types';

export type { Again, Channel, Content, ContentProblem, LocalHours, ReasonCount, Trigger };

/** Something that can happen to a user. */
export type Happening = Schemas['Happening'];
export type WaitPath = Schemas['WaitPath'];
export type SplitPath = Schemas['SplitPath'];
export type AnswerCondition = Schemas['AnswerCondition'];
export type RandomPath = Schemas['RandomPath'];
export type LearningGoal = Schemas['LearningGoal'];
/** What tells people apart of whom a learning split learns. */
export type LearningContext = Schemas['LearningContext'];
export type JourneyGoal = Schemas['JourneyGoal'];

export type StepMessage = Omit<Schemas['StepMessage'], 'channel' | 'content'> & { channel: Channel; content: Record<string, Content> };

type Sent = Schemas['StepAction'];
type SentOf<Kind extends Sent['kind']> = Extract<Sent, { kind: Kind }>;

export type StepAction =
  | SentOf<'wait' | 'wait_for' | 'split' | 'random' | 'learn' | 'journey' | 'exit'>
  | (Omit<SentOf<'message'>, 'message'> & { message: StepMessage })
  | (Omit<SentOf<'best_channel'>, 'messages'> & { messages: StepMessage[] })
  | (Omit<SentOf<'webhook'>, 'message' | 'assumed'> & { message: StepMessage; assumed?: unknown })
  | (Omit<SentOf<'update'>, 'set'> & { set?: Record<string, unknown> })
  | (Omit<SentOf<'emit'>, 'properties'> & { properties?: Record<string, unknown> });

export const KINDS = ['wait', 'wait_for', 'split', 'random', 'learn', 'message', 'best_channel', 'webhook', 'update', 'emit', 'journey', 'exit'] as const satisfies readonly Sent['kind'][];
export type StepKind = Sent['kind'];
export type ActionOf<Kind extends StepKind> = Extract<StepAction, { kind: Kind }>;

export type JourneyStep = Omit<Schemas['JourneyStep'], 'do'> & { do: StepAction };
export type JourneyInput = Omit<Schemas['JourneyInput'], 'steps'> & { steps: JourneyStep[] };
export type Journey = Omit<Schemas['Journey'], 'definition'> & { definition: JourneyInput };
export type JourneyStatus = Journey['status'];
/** What can be done with a journey that was published. */
export type JourneyAction = 'pause' | 'resume' | 'stop';
export type JourneySummary = Schemas['JourneySummary'];
/** A journey to begin with. */
export type JourneyPlay = Omit<Schemas['JourneyPlay'], 'definition'> & { definition: JourneyInput };

export type StepMove = Schemas['StepMove'];
export type PublishInput = Schemas['PublishInput'];
export type StepReview = Schemas['StepReview'];
export type JourneyReview = Schemas['JourneyReview'];

export type JourneyRun = Schemas['JourneyRun'];
export type JourneyWaiting = Schemas['JourneyWaiting'];

export type JourneyReport = Schemas['JourneyReport'];
export type StepReport = Schemas['StepReport'];
export type PathsReport = Schemas['PathsReport'];
export type JourneyGoalReport = Schemas['JourneyGoalReport'];

export type EnterInput = Schemas['EnterInput'];
export type LearningStep = Schemas['LearningStep'];
export type ContextLearning = Schemas['ContextLearning'];
export type LearningAllocation = Schemas['LearningAllocation'];
export type LearningVerdict = Schemas['LearningVerdict'];
export type StateJourneys = Schemas['StateJourneys'];
export type StateJourney = Schemas['StateJourney'];
