package io.portcullis.ports.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import org.junit.jupiter.api.Test;

class NumberedPortsTest {
    private final NumberedPorts<String> ours = new NumberedPorts<>();
    private int number;

    private int add(String name) {
        assertThat(ours.add(given -> {
                    number = given;
                    return name;
                }))
                .isEqualTo(name);
        return number;
    }

    @Test
    void shouldUseAPlaceAgainButNotItsNumber() {
        int first = add("first");
        int second = add("second");
        ours.remove(first);
        int third = add("third");

        assertThat(third).isNotEqualTo(first);
        assertThat(ours.get(first)).as("what is under way to it reaches nobody").isNull();
        assertThat(ours.get(second)).isEqualTo("second");
        assertThat(ours.get(third)).isEqualTo("third");
        assertThat(ours.all()).containsExactly("third", "second");
        ours.remove(first);
        assertThat(ours.get(third)).as("it was another's number").isEqualTo("third");
    }

    @Test
    void shouldTakeNumbersOfTheOtherSide() {
        NumberedPorts<String> theirs = new NumberedPorts<>();
        int first = add("first");
        int second = add("second");
        assertThat(theirs.put(second, "second")).isTrue();
        assertThat(theirs.put(first, "first")).isTrue();
        assertThat(theirs.put(second, "twice")).isFalse();
        assertThat(Objects.requireNonNull(theirs.get(second))).isEqualTo("second");
        assertThat(theirs.get(second + 1)).isNull();
        theirs.remove(first);
        ours.remove(first);
        assertThat(theirs.put(add("third"), "third")).isTrue();
    }
}
