package io.portcullis.datapath.classify;

import io.portcullis.policy.Stage;

/** The rules that said PASS on the way to a decision, of the last {@link Classifier#classify} that notes here. One thread, no allocation. */
public final class PassedRules {
    /** Each stage passes at most once. */
    private final int[] places = new int[Stage.values().length];

    private int count;

    void clear() {
        count = 0;
    }

    void note(int place) {
        places[count++] = place;
    }

    public int count() {
        return count;
    }

    /** Index in {@code RuleTable.rules()}. */
    public int place(int number) {
        return places[number];
    }
}
