package io.portcullis.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.typesafe.config.ConfigFactory;
import org.apache.pekko.cluster.Invalid;
import org.apache.pekko.cluster.Valid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import scala.jdk.javaapi.CollectionConverters;

class ProtocolVersionTest {
    @ParameterizedTest
    @CsvSource({
        "3.0, 3.0, true",
        "3.0, 3.1, true",
        "3.1, 3.0, true",
        "3.0, 3.2, false",
        "3.0, 2.0, false",
        "3.0, 4.0, false",
        "3.1, 2.1, false",
        "2, 2.0, true",
        "2, 3.0, false",
        "x, 3.0, false"
    })
    void shouldLetReleasesWorkTogetherWhoseMinorVersionsFollowOneAnother(String joins, String cluster, boolean works) {
        var result = new ProtocolVersionChecker()
                .check(
                        ConfigFactory.parseString(ProtocolVersionChecker.KEY + " = \"" + joins + "\""),
                        ConfigFactory.parseString(ProtocolVersionChecker.KEY + " = \"" + cluster + "\""));

        if (works) {
            assertThat(result).isEqualTo(Valid.getInstance());
        } else {
            assertThat(result)
                    .isInstanceOfSatisfying(
                            Invalid.class,
                            invalid -> assertThat(CollectionConverters.asJava(invalid.errorMessages()))
                                    .singleElement()
                                    .asString()
                                    .contains(cluster, joins.equals("x") ? "another kind" : "version " + joins));
        }
    }

    @Test
    void shouldRefuseANodeThatSaysNothing() {
        assertThat(new ProtocolVersionChecker()
                        .check(
                                ConfigFactory.empty(),
                                ConfigFactory.parseString(ProtocolVersionChecker.KEY + " = \"3.0\"")))
                .isInstanceOf(Invalid.class);
    }

    @Test
    void shouldReadOnlyVersions() {
        assertThat(ProtocolVersion.parse("3.1"))
                .isEqualTo(new ProtocolVersion(3, 1))
                .hasToString("3.1");
        assertThatIllegalArgumentException().isThrownBy(() -> ProtocolVersion.parse("three"));
        assertThatIllegalArgumentException().isThrownBy(() -> ProtocolVersion.parse("3.1.2"));
    }
}
