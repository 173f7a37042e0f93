package io.portcullis.loadtest.traffic;

/** A running flow. {@link #stop} ends it in an orderly way, waits for what is under way, and says what was counted. */
public interface Traffic {
    TrafficResult stop();
}
