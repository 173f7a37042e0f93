package io.portcullis.policy.compile;

import io.portcullis.policy.model.Vnic;
import io.portcullis.policy.table.RuleTable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A vNIC by number, with its rule tables. */
final class VnicNode {
    final int number;
    Vnic vnic;
    List<WorkloadNode> workloads = List.of();
    /** Null for a vNIC that is new, or gone. */
    @Nullable
    TableClass tableClass;
    /** Null for a vNIC that is new. */
    @Nullable
    RuleTable table;
    /** What would be enforced if everything staged were published; null if that is the same. */
    @Nullable
    RuleTable shadow;

    boolean gone;
    /** Whether the rules that concern it are to be found anew in this update. */
    boolean touched;

    VnicNode(int number, Vnic vnic) {
        this.number = number;
        this.vnic = vnic;
    }
}
