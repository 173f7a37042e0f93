package io.portcullis.policy.model;

import static io.portcullis.policy.model.TestTenant.aTenant;
import static io.portcullis.policy.model.TestTenant.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class TextPatternTest {
    private static final int ROUNDS = 200_000;

    /** What patterns are made of, and what a reader of them can mistake; repetitions are small, so that compiling ends. */
    private static final String[] PIECES = {
        "a",
        "k",
        "ß",
        "(",
        "(",
        ")",
        ")",
        "[",
        "]",
        "[^",
        "|",
        "*",
        "+",
        "?",
        "{2}",
        "{3}",
        "{0}",
        "{1,}",
        "{0,3}",
        "{2,4}",
        "{,2}",
        "{",
        "}",
        ",",
        "\\",
        "\\d",
        "\\pL",
        "\\p{Lu}",
        "\\P{Greek}",
        "\\x41",
        "\\x{61}",
        "\\Q",
        "\\E",
        "\\]",
        "\\)",
        "[:",
        ":]",
        "[:alpha:]",
        "[:^digit:]",
        "(?:",
        "(?i)",
        "(?s:",
        "(?P<n>",
        "(?<m>",
        "^",
        "$",
        ".",
        "-",
        ":",
        ">",
        "\\b",
        "\\z",
        "\\1"
    };

    /** So much no pattern of this test may need, or it would take long. */
    private static final long MANY_STEPS = 20_000;

    @Test
    void shouldCountNoFewerStepsThanAPatternHas() {
        long seed = Long.getLong("portcullis.seed", System.nanoTime());
        System.out.println("TextPatternTest: -Dportcullis.seed=" + seed);
        Random random = new Random(seed);
        int compiled = 0;
        for (int round = 0; round < ROUNDS; round++) {
            StringBuilder text = new StringBuilder();
            for (int pieces = 1 + random.nextInt(12); pieces > 0; pieces--) {
                text.append(PIECES[random.nextInt(PIECES.length)]);
            }
            String pattern = text.toString();
            long steps = PatternSize.steps(pattern);
            if (steps > MANY_STEPS) {
                continue;
            }
            try {
                assertThat((long) Pattern.compile(pattern, Pattern.CASE_INSENSITIVE)
                                .programSize())
                        .as("seed %d: %s", seed, pattern)
                        .isLessThanOrEqualTo(steps);
                compiled++;
            } catch (PatternSyntaxException _) {
                // no pattern
            }
        }
        assertThat(compiled).isGreaterThan(ROUNDS / 100);
    }

    @Test
    void shouldFindRoomForEachPatternThatIsWrittenOutInFull() {
        assertThat(PatternSize.steps("a".repeat(Limits.MAX_PATTERN_LENGTH))).isLessThan(Limits.MAX_PATTERN_STEPS);
        assertThat(PatternSize.steps("web-[0-9]{1,4}-(blue|green)\\.example")).isLessThan(60);
    }

    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS)
    void shouldCompareInTimeThatGrowsWithTheText() {
        String text = "a".repeat(Limits.MAX_TEXT_LENGTH - 1) + "!";

        assertThat(TextPattern.of("(a+)+$").matches(text)).isFalse();
        assertThat(TextPattern.of("(a|aa|a?)+").matches(text)).isFalse();
        assertThat(TextPattern.of("(.*)".repeat(60) + "!").matches(text)).isTrue();
    }

    @Test
    void shouldNotCompileWhatIsTooLarge() {
        assertThatThrownBy(() -> TextPattern.of("((a{1000}){1000}){1000}")).hasMessageContaining("too large");
        assertThatThrownBy(() -> TextPattern.of("a{1000}{1000}")).hasMessageContaining("too large");
        assertThatThrownBy(() -> TextPattern.of("a".repeat(1_000_000))).hasMessageContaining("too large");
    }

    @Test
    void shouldSayWhatIsWrongWithAPattern() {
        assertProblem("web-(a", "none: missing closing ) at 'web-(a'", "regular expression of RE2");
        assertProblem("(a)\\1", "invalid escape sequence at '\\1'", "look-around");
        assertProblem("a{1000}", "'a{1000}' repeats so much that it takes 3004 steps", "MAX_PATTERN_STEPS");
        assertProblem("((a{1000}){1000}){1000}", "millions of steps", "MAX_PATTERN_STEPS");
        assertProblem("a".repeat(256), "256 characters", "MAX_PATTERN_LENGTH");
    }

    @Test
    void shouldRefuseMorePatternsThanATenantMayHave() {
        int each = (int) PatternSize.steps("(a|b){20}00");
        int most = Limits.MAX_PATTERN_STEPS_PER_TENANT / each;
        TestTenant tenant = aTenant();
        for (int group = 0; group < most; group++) {
            tenant.group("g" + group, Expression.nameMatches("(a|b){20}" + (10 + group % 90)));
        }
        TenantModel model = tenant.build();

        assertThat(refused(model.putGroup(new Group("more", Expression.nameMatches("(a|b){20}99")))))
                .singleElement()
                .satisfies(problem -> {
                    assertThat(problem.path()).isEqualTo("/groups");
                    assertThat(problem.hint()).contains("MAX_PATTERN_STEPS_PER_TENANT");
                });
        assertThat(model.putGroup(new Group("g0", Expression.nameMatches("(a|b){19}00"))))
                .isInstanceOf(EditResult.Accepted.class);
    }

    private static void assertProblem(String pattern, String message, String hint) {
        assertThat(refused(aTenant().build().putGroup(new Group("g", Expression.not(Expression.nameMatches(pattern))))))
                .singleElement()
                .satisfies(problem -> {
                    assertThat(problem.path()).isEqualTo("/groups/g/expression/not");
                    assertThat(problem.message()).contains(message);
                    assertThat(problem.hint()).contains(hint);
                });
    }
}
