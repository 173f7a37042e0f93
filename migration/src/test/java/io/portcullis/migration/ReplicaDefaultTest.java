package io.portcullis.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.portcullis.policy.model.Tag;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ReplicaDefaultTest {
    private static final Set<Tag> TAGGED = Set.of(Tag.parse("app:web"), Tag.parse("ha:gold"));
    private static final Set<Tag> PLAIN = Set.of(Tag.parse("ha:none"));

    @Test
    void shouldBeNoneAllOrThoseWithATag() {
        assertThat(read("").wanted(TAGGED)).isFalse();
        assertThat(read("").tag()).isEqualTo(Tag.parse("replica:wanted"));
        assertThat(read("default = all").wanted(Set.of())).isTrue();

        ReplicaDefault tagged = read("default = tagged, default-tag = \"ha:gold\"");
        assertThat(tagged.wanted(TAGGED)).isTrue();
        assertThat(tagged.wanted(PLAIN)).isFalse();
    }

    @Test
    void shouldNameTheSettingThatIsWrong() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> read("default = host-2"))
                .withMessage("portcullis.migration.replica.default must be none, tagged or all, not 'host-2'");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> read("default-tag = gold"))
                .withMessageStartingWith("portcullis.migration.replica.default-tag: 'gold' is no tag");
    }

    private static ReplicaDefault read(String settings) {
        Config config = ConfigFactory.parseString("portcullis.migration.replica { " + settings + " }");
        return ReplicaDefault.of(config.withFallback(ConfigFactory.load()));
    }
}
