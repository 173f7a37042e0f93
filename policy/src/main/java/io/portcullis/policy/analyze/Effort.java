package io.portcullis.policy.analyze;

/** Counts what an analysis does, and says when it is enough: a policy that is made to be hard to analyze takes no longer than others. */
final class Effort {
    private long steps;
    private long stepsOfQuestion;
    private long cuts;
    private boolean isExhausted;

    /** A question about a rule begins. */
    void begin() {
        stepsOfQuestion = 0;
    }

    /** One look at the index; false if the question must be left open. */
    boolean step() {
        steps++;
        stepsOfQuestion++;
        if (stepsOfQuestion > AnalysisLimits.MAX_STEPS_PER_QUESTION || steps > AnalysisLimits.MAX_STEPS) {
            isExhausted = true;
            return false;
        }
        return true;
    }

    /** So many boxes are to be cut; false if the question must be left open. */
    boolean cut(int boxes) {
        cuts += boxes;
        if (cuts > AnalysisLimits.MAX_CUTS) {
            isExhausted = true;
            return false;
        }
        return true;
    }

    /** A question was left open. */
    void giveUp() {
        isExhausted = true;
    }

    /** Whether a question was left open since this was asked last. */
    boolean wasExhausted() {
        boolean was = isExhausted;
        isExhausted = false;
        return was;
    }
}
