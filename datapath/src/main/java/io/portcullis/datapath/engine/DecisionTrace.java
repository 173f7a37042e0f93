package io.portcullis.datapath.engine;

import io.portcullis.datapath.packet.ParseResult;
import io.portcullis.datapath.track.ConnectionTable;
import io.portcullis.datapath.track.ConnectionTracker;
import io.portcullis.datapath.track.TrackResult;
import org.jspecify.annotations.Nullable;

/**
 * How the engine decided about one frame, for tools that explain verdicts; see {@link VnicEngine#setTrace}. Filled again for
 * each frame, owned by the engine's thread.
 */
public final class DecisionTrace {
    private ParseResult parsed = ParseResult.OK;
    private @Nullable TrackResult tracked;
    private @Nullable DropReason dropReason;
    private boolean isReply;
    private boolean isAnswered;
    private boolean isExpected;
    private boolean isRuled;
    private boolean isStateless;
    private long ruleId;

    void begin(ParseResult result) {
        parsed = result;
        tracked = null;
        dropReason = null;
        isReply = false;
        isAnswered = false;
        isExpected = false;
        isRuled = false;
        isStateless = false;
        ruleId = 0;
    }

    void tracked(TrackResult result, ConnectionTracker tracker) {
        tracked = result;
        isReply = false;
        isAnswered = false;
        isExpected = false;
        isRuled = false;
        int connection = tracker.connection();
        if (connection != ConnectionTable.NONE) {
            isReply = tracker.isReply();
            isAnswered = tracker.table().isAnswered(connection);
            isExpected = tracker.table().isExpected(connection);
            ruled(tracker.table().ruleId(connection));
        }
    }

    /** A stateless rule decided, about this packet alone. */
    void stateless() {
        isStateless = true;
    }

    /** What it was found to be, after all: a rule had a say in that. */
    void invalid(TrackResult fault) {
        tracked = fault;
    }

    void ruled(long id) {
        isRuled = true;
        ruleId = id;
    }

    void dropped(DropReason reason) {
        dropReason = reason;
    }

    DecisionTrace copy() {
        DecisionTrace copy = new DecisionTrace();
        copy.likeFirstFragment(this);
        return copy;
    }

    /** What a later fragment shares with the first one of its datagram. */
    void likeFirstFragment(DecisionTrace first) {
        tracked = first.tracked;
        isReply = first.isReply;
        isAnswered = first.isAnswered;
        isExpected = first.isExpected;
        isRuled = first.isRuled;
        isStateless = first.isStateless;
        ruleId = first.ruleId;
    }

    public ParseResult parsed() {
        return parsed;
    }

    /** What tracking said; null if the frame was decided about without being tracked. */
    public @Nullable TrackResult tracked() {
        return tracked;
    }

    /** Null for a frame that was allowed. */
    public @Nullable DropReason dropReason() {
        return dropReason;
    }

    /** Whether the frame goes towards the end that opened its connection. */
    public boolean isReply() {
        return isReply;
    }

    /** Whether the other end had answered when this frame was decided about, or answers with it. */
    public boolean isAnswered() {
        return isAnswered;
    }

    /** Whether the frame's connection was announced by another one. */
    public boolean isExpected() {
        return isExpected;
    }

    /** Whether a rule or the default decided, about this frame or about its connection's first. */
    public boolean isRuled() {
        return isRuled;
    }

    /** Whether that rule is stateless: whatever {@link #tracked} says, the packet has no connection and opened none. */
    public boolean isStateless() {
        return isStateless;
    }

    /** Id of that rule, {@link io.portcullis.policy.table.RuleTable#DEFAULT_RULE_ID} for the default. */
    public long ruleId() {
        return ruleId;
    }
}
