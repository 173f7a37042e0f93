package io.portcullis.datapath.engine;

import io.portcullis.datapath.track.ConnectionInfo;
import io.portcullis.policy.Action;
import io.portcullis.policy.LiveFlowMode;
import org.jspecify.annotations.Nullable;

/**
 * One live connection that rules would not allow any more.
 *
 * @param action what they say of its first packet, or, if it is ONE_WAY, of an answer
 * @param ruleId of the rule that would decide, {@link io.portcullis.policy.table.RuleTable#DEFAULT_RULE_ID} for the default
 * @param rule its name; null for the default
 */
public record FlowExample(
        ConnectionInfo connection,
        FlowOutcome outcome,
        Action action,
        LiveFlowMode mode,
        long ruleId,
        @Nullable String rule) {}
