package io.portcullis.policy.analyze;

import java.util.Arrays;
import java.util.function.IntPredicate;

/** The components that stand in some relation to one: as a list where they are few, else only to be asked about. */
final class Relation {
    private static final int[] NOT_LISTED = {};

    private final boolean isListed;
    private final int[] ids;
    private final IntPredicate test;

    private Relation(boolean isListed, int[] ids, IntPredicate test) {
        this.isListed = isListed;
        this.ids = ids;
        this.test = test;
    }

    /** @param ids ascending */
    static Relation listed(int[] ids) {
        return new Relation(true, ids, id -> Arrays.binarySearch(ids, id) >= 0);
    }

    static Relation asked(IntPredicate test) {
        return new Relation(false, NOT_LISTED, test);
    }

    boolean holds(int id) {
        return test.test(id);
    }

    /** Whether going through the list costs no more than asking about so many. */
    boolean isShorterThan(int others) {
        return isListed && ids.length <= others;
    }

    /** How many there are, as far as that is known. */
    int estimate() {
        return isListed ? ids.length : Integer.MAX_VALUE;
    }

    /** Only of those that {@link #isShorterThan} said to have a list. */
    int[] ids() {
        return ids;
    }
}
