package io.portcullis.datapath.classify;

import io.portcullis.policy.table.IpRange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Rules on sets of addresses, by the classes of a packet's two addresses: for each class a row with a bit for every rule that
 * it fits as the source, and one as the destination. Both rows together leave the rules whose addresses match, in order.
 *
 * <p>A row begins with its summary, one bit for each word of 64 rules that is not zero, followed by those words; so it grows
 * with the rules that it fits, and a look-up skips 4,096 rules at a time. Immutable.
 */
final class GroupRules {
    /**
     * One rule.
     *
     * @param priority ascending
     * @param sourceSet number of its set, or {@link #ANY}
     */
    record Rule(int priority, int sourceSet, boolean sourceNegated, int destinationSet, boolean destinationNegated) {}

    private static final int BYTES_OF_A_RULE = 36;

    /** In place of a set: every address. */
    static final int ANY = -1;

    private final List<Rule> rules;
    private final AddressClasses classes;
    /** By number. */
    private final List<List<IpRange>> sets;

    private final int summaryWords;
    private final long[][] sourceRows;
    private final long[][] destinationRows;

    private GroupRules(
            List<Rule> rules,
            AddressClasses classes,
            List<List<IpRange>> sets,
            long[][] sourceRows,
            long[][] destinationRows) {
        this.rules = rules;
        this.classes = classes;
        this.sets = sets;
        this.sourceRows = sourceRows;
        this.destinationRows = destinationRows;
        summaryWords = summaryWords(rules.size());
    }

    static GroupRules of(List<Rule> rules, List<List<IpRange>> sets) {
        return of(rules, AddressClasses.of(sets), sets, null);
    }

    /** @param previous has the rows of the classes that were known */
    private static GroupRules of(
            List<Rule> rules, AddressClasses classes, List<List<IpRange>> sets, @Nullable GroupRules previous) {
        long[][] sources = previous == null ? new long[0][] : previous.sourceRows;
        long[][] destinations = previous == null ? new long[0][] : previous.destinationRows;
        int known = sources.length;
        sources = Arrays.copyOf(sources, classes.count());
        destinations = Arrays.copyOf(destinations, classes.count());
        for (int c = known; c < sources.length; c++) {
            sources[c] = row(rules, classes, c, true);
            destinations[c] = row(rules, classes, c, false);
        }
        return new GroupRules(rules, classes, sets, sources, destinations);
    }

    /**
     * The same rules after some addresses joined sets or left them.
     *
     * @param members of the sets that have changed, by number
     */
    GroupRules with(AddressClasses changed, Map<Integer, List<IpRange>> members) {
        List<List<IpRange>> now = new ArrayList<>(sets);
        members.forEach(now::set);
        return of(rules, changed, now, this);
    }

    /** In order of priority. */
    List<Rule> rules() {
        return rules;
    }

    List<IpRange> membersOf(int set) {
        return sets.get(set);
    }

    AddressClasses classes() {
        return classes;
    }

    private static int summaryWords(int rules) {
        int words = (rules + Long.SIZE - 1) / Long.SIZE;
        return (words + Long.SIZE - 1) / Long.SIZE;
    }

    private static long[] row(List<Rule> rules, AddressClasses classes, int addressClass, boolean isSource) {
        int summary = summaryWords(rules.size());
        long[] row = new long[summary + (rules.size() + Long.SIZE - 1) / Long.SIZE];
        int last = summary - 1;
        int lastWord = -1;
        for (int i = 0; i < rules.size(); i++) {
            Rule rule = rules.get(i);
            int set = isSource ? rule.sourceSet : rule.destinationSet;
            boolean isNegated = isSource ? rule.sourceNegated : rule.destinationNegated;
            if (set != ANY && classes.isIn(addressClass, set) == isNegated) {
                continue;
            }
            int word = i / Long.SIZE;
            if (word != lastWord) {
                lastWord = word;
                row[word / Long.SIZE] |= 1L << word;
                last++;
            }
            row[last] |= 1L << i;
        }
        return Arrays.copyOf(row, last + 1);
    }

    /**
     * The first rule that fits both classes, comes before {@code best} and is confirmed, or {@code best}.
     *
     * @param judge is asked about every rule whose addresses match
     */
    int find(int sourceClass, int destinationClass, int best, CandidateJudge judge) {
        long[] sources = sourceRows[sourceClass];
        long[] destinations = destinationRows[destinationClass];
        int nextSource = summaryWords;
        int nextDestination = summaryWords;
        for (int s = 0; s < summaryWords; s++) {
            long inSource = sources[s];
            long inDestination = destinations[s];
            for (long both = inSource & inDestination; both != 0; both &= both - 1) {
                long below = (both & -both) - 1;
                long candidates = sources[nextSource + Long.bitCount(inSource & below)]
                        & destinations[nextDestination + Long.bitCount(inDestination & below)];
                int word = s * Long.SIZE + Long.numberOfTrailingZeros(both);
                for (; candidates != 0; candidates &= candidates - 1) {
                    int priority = rules.get(word * Long.SIZE + Long.numberOfTrailingZeros(candidates)).priority;
                    if (priority >= best) {
                        return best;
                    }
                    if (judge.confirms(priority)) {
                        return priority;
                    }
                }
            }
            nextSource += Long.bitCount(inSource);
            nextDestination += Long.bitCount(inDestination);
        }
        return best;
    }

    long bytes() {
        long bytes = HeapSizes.OBJECT + classes.bytes() + 2 * HeapSizes.ofReferences(sourceRows.length);
        for (int c = 0; c < sourceRows.length; c++) {
            bytes += HeapSizes.ofLongs(sourceRows[c].length) + HeapSizes.ofLongs(destinationRows[c].length);
        }
        return bytes + (long) rules.size() * BYTES_OF_A_RULE;
    }
}
