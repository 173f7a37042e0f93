package io.portcullis.policy.compile;

import io.portcullis.policy.IpFamily;
import io.portcullis.policy.model.Peers;
import io.portcullis.policy.table.AddressMatch;
import java.util.ArrayList;
import java.util.List;

/** A side of rules, as their family sees it: one for all rules that say the same, so that groups become ranges once. */
final class Side {
    final Key key;
    /** Whose addresses it names, literal ones as a group of their own; empty for anyone. */
    final List<GroupNode> groups;

    AddressMatch match = AddressMatch.ANY;
    final List<RuleNode> rules = new ArrayList<>(1);

    record Key(Peers peers, IpFamily family) {}

    Side(Key key, List<GroupNode> groups) {
        this.key = key;
        this.groups = groups;
    }
}
