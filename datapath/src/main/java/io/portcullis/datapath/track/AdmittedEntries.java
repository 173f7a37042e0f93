package io.portcullis.datapath.track;

/**
 * What admits each connection of a {@link ConnectionTable}, under which revision it was judged, and when it was last of use: {@link Admissions} by
 * slot. One thread.
 */
abstract class AdmittedEntries extends EntryMemory {
    private static final int MAX_EPOCH = 0xffff;
    /** Records of what admits connections that are looked at in one go. */
    private static final int MAX_TOLD = 16_384;

    /** Nobody's before the first connection. */
    private Admissions admissions = Admissions.NONE_YET;
    /** The revision in force, and what stands for it in the slots. */
    private long currentRevision = Long.MIN_VALUE;

    private int currentEpoch = 1;
    /** When this round of {@link #noteUse} through the slots began, and the one before. */
    private int roundTick;

    private int lastRoundTick;
    /** Rounds that have begun, counted to two: by then both ticks are known. */
    private int rounds;
    /** The record that {@link #tellUse} looks at next. */
    private int nextTold;

    /** The next slot that holds a connection, from {@code slot} on, or {@link ConnectionTable#NONE}. */
    abstract int next(int slot);

    /** Says that the connection is not what a running export has sent any more. */
    abstract void changed(int slot);

    /** Rule that allows it now: that admitted it or, judged again, allowed it last; stable across tables. */
    public final long ruleId(int slot) {
        return admissions.ruleId(admission(slot));
    }

    /** Policy revision under which it was admitted or last judged again. */
    public final long revision(int slot) {
        return admissions.revision(admission(slot));
    }

    /** Rule that admitted it when it was opened, wherever that was. */
    public final long admittingRuleId(int slot) {
        return admissions.firstRuleId(admission(slot));
    }

    /** Policy revision under which it was opened. */
    public final long admittingRevision(int slot) {
        return admissions.firstRevision(admission(slot));
    }

    /** Whether it was judged again, or allowed by another rule, since it was opened. */
    final boolean isJudgedAgain(int slot) {
        return admittingRuleId(slot) != ruleId(slot) || admittingRevision(slot) != revision(slot);
    }

    /** Remembers what admits the connection or, if it was admitted already, that a newer policy allows it too. */
    public final void judged(int slot, long ruleId, long revision) {
        int old = admission(slot);
        boolean isFirst = old == Admissions.UNKNOWN;
        judged(
                slot,
                ruleId,
                revision,
                isFirst ? ruleId : admissions.firstRuleId(old),
                isFirst ? revision : admissions.firstRevision(old));
    }

    /** As {@link #judged(int, long, long)}, of a connection that was admitted elsewhere. */
    final void judged(int slot, long ruleId, long revision, long admittingRuleId, long admittingRevision) {
        int old = admission(slot);
        setAdmission(slot, ownAdmissions().acquire(ruleId, revision, admittingRuleId, admittingRevision));
        admissions.release(old);
        setShort(slot, Entry.POLICY_EPOCH, revision == currentRevision ? currentEpoch : 0);
        changed(slot);
    }

    /** The connection in this slot is over. */
    final void releaseAdmission(int slot) {
        admissions.release(admission(slot));
    }

    /**
     * Says which revision is in force, so that {@link #isCurrent} can tell. Once in {@value #MAX_EPOCH} changes it visits all
     * slots.
     */
    public final void setCurrentRevision(long revision) {
        if (revision == currentRevision) {
            return;
        }
        currentRevision = revision;
        if (currentEpoch == MAX_EPOCH) {
            forgetEpochs();
            currentEpoch = 0;
        }
        currentEpoch++;
    }

    private void forgetEpochs() {
        for (int slot = next(0); slot != ConnectionTable.NONE; slot = next(slot + 1)) {
            setShort(slot, Entry.POLICY_EPOCH, 0);
        }
    }

    /** Whether the connection was judged under the revision in force; touches nothing but its line if it was. */
    public final boolean isCurrent(int slot) {
        if (getShort(slot, Entry.POLICY_EPOCH) == currentEpoch) {
            return true;
        }
        boolean isCurrent = revision(slot) == currentRevision;
        if (isCurrent) {
            setShort(slot, Entry.POLICY_EPOCH, currentEpoch);
        }
        return isCurrent;
    }

    /** What {@link Entry#POLICY_EPOCH} is of connections that were judged under the revision in force. */
    final int currentEpoch() {
        return currentEpoch;
    }

    // ---- use ----

    /** Before {@link #noteUse} of the first slot. */
    final void beginRound(int nowTick) {
        lastRoundTick = roundTick;
        roundTick = nowTick;
        rounds = Math.min(2, rounds + 1);
    }

    /**
     * Notes that what admits the connection was of use, if that had a packet since the last round looked at it: nothing but its line is
     * touched of all others.
     *
     * @param seenTick of its last packet
     */
    final void noteUse(int slot, int seenTick) {
        if (rounds < 2 || seenTick - lastRoundTick >= 0) {
            ownAdmissions().seen(admission(slot), seenTick);
        }
    }

    /** Tells of the rules on which connections rest whose use was noted since the last call; of some, if they are many. */
    final void tellUse(long nowNanos, RuleUse use) {
        int now = clock().tick(nowNanos);
        for (int left = Math.min(MAX_TOLD, admissions.limit()); left > 0; left--) {
            if (nextTold >= admissions.limit()) {
                nextTold = 0;
            }
            int tick = admissions.takeSeenTick(nextTold);
            if (tick != 0 && nextTold != Admissions.UNKNOWN) {
                use.seen(admissions.ruleId(nextTold), nowNanos - (now - tick) * CoarseClock.TICK_NANOS);
            }
            nextTold++;
        }
    }

    // ---- memory ----

    final long admissionBytes() {
        return admissions == Admissions.NONE_YET ? 0 : admissions.bytes();
    }

    final void trimAdmissions() {
        admissions.trim();
    }

    final void freeAdmissions() {
        admissions.free();
    }

    /** Takes what another one knows, in place of what was {@linkplain #freeAdmissions freed} here; its slots are here already. */
    final void takeAdmissions(AdmittedEntries other) {
        admissions = other.admissions;
        nextTold = 0;
        rounds = 0;
        if (other.currentEpoch > currentEpoch) {
            forgetEpochs();
        }
    }

    /** Names for a copy in slot {@code to} what another table's slot names. */
    final void copyAdmission(AdmittedEntries other, int from, int to) {
        int record = ownAdmissions()
                .acquire(
                        other.ruleId(from),
                        other.revision(from),
                        other.admittingRuleId(from),
                        other.admittingRevision(from));
        setAdmission(to, record);
    }

    /** No slot names anything any more. */
    final void forgetAdmissions() {
        if (admissions != Admissions.NONE_YET) {
            admissions.clear();
        }
    }

    /** Has the same revision in force as another one. */
    final void takeRevision(AdmittedEntries other) {
        currentRevision = other.currentRevision;
        currentEpoch = other.currentEpoch;
    }

    private Admissions ownAdmissions() {
        if (admissions == Admissions.NONE_YET) {
            admissions = new Admissions();
        }
        return admissions;
    }

    private int admission(int slot) {
        return getByte(slot, Entry.ADMISSION_HIGH) << 16 | getShort(slot, Entry.ADMISSION_LOW);
    }

    private void setAdmission(int slot, int record) {
        setByte(slot, Entry.ADMISSION_HIGH, record >>> 16);
        setShort(slot, Entry.ADMISSION_LOW, record);
    }
}
