package io.portcullis.datapath.classify;

/** Has the last word about an entry that an index found. */
interface CandidateJudge {
    /**
     * Whether the rule counts.
     *
     * @param priority of the entry
     * @param unsure whether the entry says less than its rule does
     */
    boolean confirms(int priority, boolean unsure);
}
