package io.portcullis.policy.evaluate;

import java.util.List;

/**
 * Why a condition of a rule holds or not, for people.
 *
 * @param because why somebody is in a group or is not; deeper lines give the reason of the line above them
 */
public record Reason(Condition condition, String text, List<String> because) {
    public Reason {
        because = List.copyOf(because);
    }
}
