package io.portcullis.admin.document;

import io.portcullis.api.GroupExpression;
import io.portcullis.api.TextMatch;
import io.portcullis.policy.model.AddressLiteral;
import io.portcullis.policy.model.Expression;
import io.portcullis.policy.model.Tag;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Turns the members of a group document into an expression. */
final class ExpressionReader {
    /** Stands for what has mistakes; never reaches the model. */
    private static final Expression NONE = new Expression.Or(List.of());

    private final Mistakes mistakes;

    ExpressionReader(Mistakes mistakes) {
        this.mistakes = mistakes;
    }

    Expression read(GroupExpression spec, String path) {
        List<Expression> found = Stream.of(
                        optional(spec.tag(), tag -> tag(tag, path + ".tag")),
                        optional(spec.name(), name -> text(name, path + ".name", Expression.NameMatches::new)),
                        optional(spec.os(), os -> text(os, path + ".os", Expression.OsMatches::new)),
                        optional(spec.segment(), Expression.InSegment::new),
                        optional(spec.finding(), ExpressionReader::finding),
                        optional(spec.addresses(), list -> addresses(list, path + ".addresses")),
                        optional(spec.vms(), vms -> new Expression.Members(new TreeSet<>(vms))),
                        optional(spec.group(), Expression.InGroup::new),
                        optional(spec.all(), list -> new Expression.And(all(list, path + ".all"))),
                        optional(spec.any(), list -> new Expression.Or(all(list, path + ".any"))),
                        optional(spec.not(), inner -> new Expression.Not(read(inner, path + ".not"))))
                .flatMap(Optional::stream)
                .toList();
        if (found.size() != 1) {
            mistakes.add(
                    path,
                    found.isEmpty() ? "says nothing" : "says " + found.size() + " things at once",
                    "give exactly one of tag, name, os, segment, finding, addresses, vms, group, all, any, not;"
                            + " join several with all or any");
            return NONE;
        }
        return found.getFirst();
    }

    private static <T> Optional<Expression> optional(
            @Nullable T value, java.util.function.Function<T, Expression> read) {
        return value == null ? Optional.empty() : Optional.of(read.apply(value));
    }

    private List<Expression> all(List<GroupExpression> operands, String path) {
        List<Expression> read = new ArrayList<>(operands.size());
        for (int index = 0; index < operands.size(); index++) {
            read.add(read(operands.get(index), path + "[" + index + "]"));
        }
        return read;
    }

    private Expression tag(String text, String path) {
        return mistakes.parsed(path, text, NONE, tag -> new Expression.HasTag(Tag.parse(tag)));
    }

    private Expression text(
            TextMatch match, String path, BiFunction<io.portcullis.policy.model.TextMatch, String, Expression> make) {
        List<Expression> found = Stream.of(
                        optional(match.equals(), text -> make.apply(io.portcullis.policy.model.TextMatch.EQUALS, text)),
                        optional(
                                match.starts(),
                                text -> make.apply(io.portcullis.policy.model.TextMatch.STARTS_WITH, text)),
                        optional(
                                match.contains(),
                                text -> make.apply(io.portcullis.policy.model.TextMatch.CONTAINS, text)),
                        optional(
                                match.matches(),
                                text -> make.apply(io.portcullis.policy.model.TextMatch.MATCHES, text)))
                .flatMap(Optional::stream)
                .toList();
        if (found.size() != 1) {
            mistakes.add(path, "must say exactly one of equals, starts, contains, matches", null);
            return NONE;
        }
        return found.getFirst();
    }

    private static Expression finding(String text) {
        int equals = text.indexOf('=');
        return equals < 0
                ? new Expression.HasFinding(text, null)
                : new Expression.HasFinding(text.substring(0, equals), text.substring(equals + 1));
    }

    private Expression addresses(List<String> texts, String path) {
        List<AddressLiteral> literals = new ArrayList<>(texts.size());
        for (int index = 0; index < texts.size(); index++) {
            mistakes.parsed(
                            path + "[" + index + "]",
                            texts.get(index),
                            Optional.<AddressLiteral>empty(),
                            text -> Optional.of(AddressLiteral.parse(text)))
                    .ifPresent(literals::add);
        }
        return new Expression.Addresses(literals);
    }
}
