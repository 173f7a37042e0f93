package io.portcullis.policy.compile;

import io.portcullis.policy.table.RuleTable;
import org.jspecify.annotations.Nullable;

/** The vNICs with one signature, by number, and the rule tables that they share. */
final class TableClass {
    final int number;
    final Signature signature;
    final IntSet vnics = new IntSet();
    /** Null until it is made for the first time. */
    @Nullable
    RuleTable table;
    /** What would be enforced if everything staged were published; null if that is the same. */
    @Nullable
    RuleTable shadow;
    /** Whether the tables are to be made anew in this update. */
    boolean stale;

    TableClass(int number, Signature signature) {
        this.number = number;
        this.signature = signature;
    }
}
