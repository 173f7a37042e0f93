package io.portcullis.migration.model;

/** What the migration agent of a host wants done for the VM that its input was about. */
public sealed interface AgentOrder {
    /** Starts the session that the order of the placement is for. */
    record Begin(SessionName session) implements AgentOrder {}

    record TellSource(String id, SourceInput input) implements AgentOrder {}

    record TellTarget(String id, TargetInput input) implements AgentOrder {}

    /** Has the host do something: {@link AgentInput.WorkDone}. */
    record Do(HostWork work) implements AgentOrder {}

    /** Looks at the VM's vNICs: {@link AgentInput.LookedAt}. */
    record Look(SessionName session, long epoch) implements AgentOrder {}

    /** Tells the VM's placement. */
    record Report(PlacementInput report) implements AgentOrder {}
}
