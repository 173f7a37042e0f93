package io.portcullis.policy.evaluate;

import io.portcullis.policy.Action;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the central model says about one packet at one vNIC.
 *
 * @param verdict ALLOW, DROP or REJECT
 * @param rule the rule that decided; null for any other cause
 * @param passes the rules that handed the packet on to the next category, in order
 */
public record Decision(
        Action verdict, Cause cause, @Nullable RuleName rule, List<RuleName> passes) {
    public Decision {
        passes = List.copyOf(passes);
    }

    public boolean allows() {
        return verdict == Action.ALLOW;
    }
}
