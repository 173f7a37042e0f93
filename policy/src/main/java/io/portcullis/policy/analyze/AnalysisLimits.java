package io.portcullis.policy.analyze;

/** What bounds an analysis. At a limit it goes on without the finding, and says of how many rules that is true. */
public final class AnalysisLimits {
    /** Causes that one finding names. */
    public static final int MAX_CAUSES = 8;
    /** Steps through the index for one question about one rule. */
    static final int MAX_STEPS_PER_QUESTION = 100_000;
    /** The same for all questions of an analysis: some seconds. */
    static final long MAX_STEPS = 200_000_000;
    /** Earlier rules that together may cover one. */
    static final int MAX_UNION = 64;
    /** Pieces that a rule may fall into while others are taken from it. */
    static final int MAX_PIECES = 256;
    /** The same for all rules of an analysis: some seconds. */
    static final long MAX_CUTS = 20_000_000;
    /** Packets that are tried to show that two rules conflict. */
    static final int MAX_SAMPLES = 8;
    /** Ids that a relation lists; beyond, it is only asked. */
    static final int MAX_LISTED = 1_024;
    /** Boxes that the services of one rule may be made of. */
    static final int MAX_SERVICE_BOXES = 256;
    /** Sets of rules, active at once, that are analyzed. */
    static final int MAX_TIMES = 8;
    /** Times at which rules become active or inactive that are looked at to find them: some weeks. */
    static final int MAX_CHANGES = 100;

    private AnalysisLimits() {}
}
