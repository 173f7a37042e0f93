package io.portcullis.policy.compile;

import io.portcullis.policy.IpFamily;
import io.portcullis.policy.model.Peers;
import io.portcullis.policy.table.AddressMatch;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A side of rules, as their family sees it: one for all rules that say the same, so that groups become ranges once. */
final class Side {
    final Key key;
    /** Groups that it names. */
    final List<GroupNode> groups;
    /** Its literal addresses as a group of their own; null while no rule asks which vNICs have them. */
    @Nullable
    GroupNode literals;

    AddressMatch match = AddressMatch.ANY;
    final List<RuleNode> rules = new ArrayList<>(1);

    record Key(Peers peers, IpFamily family) {}

    Side(Key key, List<GroupNode> groups) {
        this.key = key;
        this.groups = groups;
    }

    boolean hasLiterals() {
        return !key.peers().addresses().isEmpty();
    }
}
