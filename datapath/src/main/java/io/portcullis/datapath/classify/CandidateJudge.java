package io.portcullis.datapath.classify;

/** Has the last word about a rule whose addresses match. */
interface CandidateJudge {
    /** Whether the rule with this priority counts. */
    boolean confirms(int priority);
}
