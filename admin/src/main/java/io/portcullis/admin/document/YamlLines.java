package io.portcullis.admin.document;

import io.portcullis.api.EthernetSpec;
import io.portcullis.api.RuleSpec;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** How many lines of YAML a rule is, as {@link ModelDocuments} writes it, without writing it. */
final class YamlLines {
    private YamlLines() {}

    /** Empty if a text in the rule may take several lines. */
    static OptionalInt of(RuleSpec rule) {
        boolean oneLineEach = Stream.of(rule.description(), rule.logLabel(), rule.name())
                .allMatch(text -> text == null || isOneLine(text));
        if (!oneLineEach) {
            return OptionalInt.empty();
        }
        int lines = values(
                        rule.name(),
                        rule.negateSources(),
                        rule.negateDestinations(),
                        rule.negateServices(),
                        rule.direction(),
                        rule.family(),
                        rule.action(),
                        rule.liveFlows(),
                        rule.log(),
                        rule.description(),
                        rule.logLabel(),
                        rule.expires())
                + list(rule.sources())
                + list(rule.destinations())
                + list(rule.services())
                + list(rule.appliedTo())
                + ethernet(rule.ethernet());
        return OptionalInt.of(lines);
    }

    /** What is more than printable ASCII is quoted, folded or escaped by rules that nobody need know here. */
    private static boolean isOneLine(String text) {
        return text.chars().allMatch(each -> each >= ' ' && each <= '~');
    }

    private static int ethernet(@Nullable EthernetSpec ethernet) {
        if (ethernet == null) {
            return 0;
        }
        int parts = values(ethernet.negateSources(), ethernet.negateDestinations())
                + list(ethernet.etherTypes())
                + list(ethernet.sources())
                + list(ethernet.destinations());
        return 1 + parts;
    }

    private static int values(@Nullable Object... values) {
        int lines = 0;
        for (Object value : values) {
            lines += value == null ? 0 : 1;
        }
        return lines;
    }

    /** One for the field, and one for each item; an empty one stands in the field's line. */
    private static int list(@Nullable List<?> items) {
        return items == null ? 0 : 1 + items.size();
    }
}
