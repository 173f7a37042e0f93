package io.portcullis.demo;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.portcullis.loadtest.traffic.TrafficResult;
import org.jspecify.annotations.Nullable;

/**
 * One line of the scenario's result.
 *
 * @param counted what the ends counted, where frames or bytes were counted
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record Check(
        String name,
        boolean ok,
        String detail,
        @JsonUnwrapped @Nullable TrafficResult counted) {
    static Check of(String name, boolean ok, String detail) {
        return new Check(name, ok, detail, null);
    }

    /** Holds if everything that was sent arrived once, in order, without a reset. */
    static Check intact(String name, String detail, TrafficResult counted) {
        return new Check(name, counted.isIntact(), detail, counted);
    }
}
