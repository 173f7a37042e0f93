package io.portcullis.policy.compile;

import io.portcullis.policy.model.AddressLiteral;
import io.portcullis.policy.model.Expression;
import io.portcullis.policy.table.IpRange;
import io.portcullis.policy.table.IpRanges;
import java.util.List;
import java.util.function.Function;

/** The addresses that an expression names by itself, whoever has them; see {@link Expression}. */
final class LiteralRanges {
    private LiteralRanges() {}

    /**
     * A merged list.
     *
     * @param ofGroup the same of a group by its name
     */
    static List<IpRange> of(Expression expression, Function<String, List<IpRange>> ofGroup) {
        return switch (expression) {
            case Expression.Addresses(List<AddressLiteral> addresses) ->
                IpRanges.merge(addresses.stream().map(AddressLiteral::range).toList());
            case Expression.InGroup(String group) -> ofGroup.apply(group);
            case Expression.And(List<Expression> operands) ->
                operands.stream()
                        .map(operand -> of(operand, ofGroup))
                        .reduce(IpRanges::intersect)
                        .orElse(List.of());
            case Expression.Or(List<Expression> operands) ->
                IpRanges.merge(operands.stream()
                        .flatMap(operand -> of(operand, ofGroup).stream())
                        .toList());
            case Expression.Not _,
                    Expression.HasTag _,
                    Expression.NameMatches _,
                    Expression.OsMatches _,
                    Expression.InSegment _,
                    Expression.HasFinding _,
                    Expression.Members _ -> List.of();
        };
    }
}
