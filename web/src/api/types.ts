// Short names for the schemas of the generated API document.

import type { components } from './schema.gen';

export type Schemas = components['schemas'];
export type Device = Schemas['Device'];
export type Problem = Schemas['Problem'];
export type Reach = Schemas['Reach'];
export type Session = Schemas['Session'];
export type Overview = Schemas['Overview'];
export type SubscriptionChanges = Schemas['SubscriptionChanges'];
export type Transitions = Schemas['Transitions'];
export type Lifecycle = Schemas['Lifecycle'];
export type LifecycleDefinition = Schemas['LifecycleDefinition'];
export type StateDefinition = Schemas['StateDefinition'];
export type Trend = Schemas['Trend'];
export type Thresholds = Schemas['Thresholds'];
export type Rfm = Schemas['Rfm'];
export type RfmCell = Schemas['RfmCell'];
export type RfmGroup = Schemas['RfmGroup'];
export type Segment = Schemas['Segment'];
export type SegmentInput = Schemas['SegmentInput'];
export type UserSubscriptions = Schemas['UserSubscriptions'];
export type Validation = Schemas['Validation'];
export type Preview = Schemas['Preview'];
export type Explanation = Schemas['Explanation'];
export type ExplanationNode = Schemas['ExplanationNode'];
export type User = Schemas['User'];
export type IdentityGraph = Schemas['IdentityGraph'];
export type IdentityPerson = Schemas['IdentityPerson'];
export type IdentityPlan = Schemas['IdentityPlan'];
export type IdentityName = Schemas['IdentityName'];
export type UserRow = Schemas['UserRow'];
export type UserEvent = Schemas['UserEvent'];
export type StateChanges = Schemas['StateChanges'];
export type Catalogue = Schemas['Catalogue'];
export type Key = Schemas['Key'];
export type Live = Schemas['Live'];
export type LiveWatch = Schemas['LiveWatch'];
export type LiveCounts = Schemas['LiveCounts'];
export type LivePlace = Schemas['LivePlace'];
export type LiveFlow = Schemas['LiveFlow'];
export type LiveEvent = Schemas['LiveEvent'];
export type WatchTransition = Schemas['WatchTransition'];
export type StreamCounts = Schemas['StreamCounts'];
export type Schema = Schemas['Schema'];
export type SchemaEvent = Schemas['SchemaEvent'];
export type SchemaAttribute = Schemas['SchemaAttribute'];
export type SchemaPolicies = Schemas['SchemaPolicies'];
export type EventDeclaration = Schemas['EventDeclaration'];
export type PropertyDeclaration = Schemas['PropertyDeclaration'];
export type AttributeDeclaration = Schemas['AttributeDeclaration'];
export type DataPolicy = Schemas['DataPolicy'];
export type ValueType = Schemas['ValueType'];
export type SeenValues = Schemas['SeenValues'];
export type NameSuggestion = Schemas['NameSuggestion'];
export type Errors = Schemas['Errors'];
export type ErrorKind = Schemas['ErrorKind'];
export type ApiKey = Schemas['ApiKey'];
export type ImportSource = Schemas['ImportSource'];
export type KeyInput = Schemas['KeyInput'];
export type ErasureReceipt = Schemas['ErasureReceipt'];

/** A definition in JSON form. */
export type Json = Record<string, unknown>;
/** A definition in either form. */
export type Definition = string | Json;
