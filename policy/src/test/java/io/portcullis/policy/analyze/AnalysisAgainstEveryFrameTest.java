package io.portcullis.policy.analyze;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.Tier;
import io.portcullis.policy.analyze.FrameByFrame.Judged;
import io.portcullis.policy.analyze.FrameByFrame.Place;
import io.portcullis.policy.model.ProviderPolicies;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.TestTenant;
import java.time.Duration;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What is found in random policies is so for every frame at every vNIC, and little that is so is not found. */
class AnalysisAgainstEveryFrameTest {
    private static final int MODELS = Integer.getInteger("portcullis.analyze.models", 200);

    private final Map<FindingKind, Integer> counts = new EnumMap<>(FindingKind.class);
    private final Set<Map<String, List<Rule>>> seen = new HashSet<>();
    private int dead;
    private int missed;
    private int unfinished;
    private long byProvider;

    @Test
    void shouldFindOnlyWhatIsSo() {
        long seed = Long.getLong("portcullis.seed", System.nanoTime());
        System.out.println("AnalysisAgainstEveryFrameTest: -Dportcullis.seed=" + seed);
        Random seeds = new Random(seed);
        for (int round = 0; round < MODELS; round++) {
            TenantModel model = new RandomPolicies(seeds.nextLong()).model();
            String name = "seed " + seed + " round " + round;
            check(name, new FrameByFrame(model), PolicyAnalyzer.analyze(model));
        }
        seeWhatWasFound();
    }

    /** What is found is about the tenant's own rules, and rules of the provider are among the causes. */
    @Test
    void shouldFindOnlyWhatIsSoUnderRulesOfAProvider() {
        long seed = Long.getLong("portcullis.seed", System.nanoTime());
        System.out.println("AnalysisAgainstEveryFrameTest: -Dportcullis.seed=" + seed);
        Random seeds = new Random(seed);
        int covered = 0;
        for (int round = 0; round < MODELS; round++) {
            RandomPolicies random = new RandomPolicies(seeds.nextLong());
            TenantModel provider = random.provider();
            TenantModel model = TestTenant.accepted(random.model().adopt(ProviderPolicies.of(provider)));
            String name = "seed " + seed + " round " + round;
            FrameByFrame truth = new FrameByFrame(model);
            check(name, truth, PolicyAnalyzer.analyze(model, Tier.PROVIDER));
            covered += checkProvider(name, truth, PolicyAnalyzer.analyze(provider));
            PolicyAnalyzer.analyze(model)
                    .findings()
                    .forEach(finding -> assertThat(finding.toString()).as(name).doesNotContain(Tier.PROVIDER_PREFIX));
        }
        assertThat(covered).as("rules of the provider that others cover").isGreaterThan(MODELS / 10);
        assertThat(byProvider).as("causes that are the provider's").isGreaterThan(MODELS / 10);
        seeWhatWasFound();
    }

    /** What is found in the provider's own model is so in a tenant, too; how many of its rules never decide. */
    private static int checkProvider(String name, FrameByFrame truth, Analysis analysis) {
        int covered = 0;
        for (Finding finding : analysis.findings()) {
            boolean isCovered = finding.kind() == FindingKind.SHADOWED || finding.kind() == FindingKind.REDUNDANT;
            if (isCovered && finding.subject() instanceof Finding.OfRule(RuleName rule, int _)) {
                Judged judged = truth.rules.get(Tier.PROVIDER_PREFIX + rule);
                assertThat(judged.isUsed()).as("%s: %s", name, finding).isFalse();
                covered++;
            }
        }
        return covered;
    }

    private void seeWhatWasFound() {
        System.out.println("AnalysisAgainstEveryFrameTest: " + counts + ", " + dead
                + " rules that never decide, of which " + missed + " were not found, " + unfinished + " unfinished, "
                + byProvider + " causes of the provider");
        // else the comparison says little
        assertThat(counts.keySet())
                .contains(
                        FindingKind.SHADOWED,
                        FindingKind.REDUNDANT,
                        FindingKind.CONFLICTING,
                        FindingKind.NEVER_MATCHES,
                        FindingKind.PASSES_ALL);
        assertThat(unfinished).as("rules at which a limit ended the search").isLessThan(MODELS / 40);
        // the frames are of each kind that the rules tell apart, so nothing at all is missed
        assertThat(missed).as("rules that never decide and were not found").isZero();
    }

    /** Each of the times at which other rules are active is looked at by itself. */
    @Test
    void shouldFindOnlyWhatIsSoAtAllTimes() {
        long seed = Long.getLong("portcullis.seed", System.nanoTime());
        System.out.println("AnalysisAgainstEveryFrameTest: -Dportcullis.seed=" + seed);
        Random seeds = new Random(seed);
        int timed = 0;
        for (int round = 0; round < MODELS / 8; round++) {
            TenantModel model = RandomPolicies.timedModel(seeds.nextLong());
            Analysis analysis = PolicyAnalyzer.analyze(model, Tier.PROVIDER);
            TenantModel start = model;
            for (int hours = 0; hours < 4 * 24; hours += 2) {
                model = start.at(start.time().plus(Duration.ofHours(hours)));
                if (seen.add(tables(model))) {
                    String name = "seed " + seed + " round " + round + " hour " + hours;
                    checkFindings(name, new FrameByFrame(model), analysis, hours == 0);
                    timed++;
                }
            }
            seen.clear();
        }
        assertThat(timed).as("different times").isGreaterThan(MODELS / 8);
        assertThat(counts.keySet()).contains(FindingKind.SHADOWED, FindingKind.REDUNDANT, FindingKind.NEVER_MATCHES);
    }

    private static Map<String, List<Rule>> tables(TenantModel model) {
        Map<String, List<Rule>> active = new HashMap<>();
        model.allPolicies().forEach(policy -> active.put(policy.name(), policy.rulesAt(model.time())));
        return active;
    }

    private void check(String name, FrameByFrame truth, Analysis analysis) {
        Set<String> found = checkFindings(name, truth, analysis, true);
        if (analysis.unfinished() == 0) {
            countMissed(name, truth, found);
        }
    }

    /**
     * The rules about which something is said; of those that are not active nothing is checked.
     *
     * @param isFirst whether the time is the first that was looked at: causes are named as of then
     */
    private Set<String> checkFindings(String name, FrameByFrame truth, Analysis analysis, boolean isFirst) {
        unfinished += analysis.unfinished();
        analysis.counts().forEach((kind, count) -> counts.merge(kind, count, Integer::sum));
        Set<String> found = new HashSet<>();
        Set<String> redundant = new HashSet<>();
        for (Finding finding : analysis.findings()) {
            if (finding.subject() instanceof Finding.OfRule(RuleName rule, int _)) {
                String what = name + ": " + finding;
                assertThat(Tier.ofName(rule.policy())).as(what).isEqualTo(Tier.TENANT);
                Judged judged = truth.rules.get(rule.toString());
                if (judged == null) {
                    continue;
                }
                List<Judged> causes = finding.causes().stream()
                        .map(cause -> truth.rules.get(cause.toString()))
                        .filter(Objects::nonNull)
                        .toList();
                byProvider += causes.stream().filter(Judged::isOfProvider).count();
                switch (finding.kind()) {
                    case SHADOWED -> {
                        assertThat(judged.isUsed()).as(what).isFalse();
                        if (isFirst) {
                            checkShadowed(what, truth, judged, causes);
                        }
                    }
                    case REDUNDANT -> redundant.add(rule.toString());
                    case CONFLICTING -> {
                        if (isFirst) {
                            causes.forEach(cause -> checkConflict(what, truth, cause, judged));
                        }
                    }
                    case NEVER_MATCHES -> checkNeverMatches(what, truth, judged);
                    case PASSES_ALL -> checkPassesAll(what, truth, judged);
                    case TOO_PERMISSIVE ->
                        assertThat(judged.rule().action()).as(what).isEqualTo(Action.ALLOW);
                    case EMPTY_GROUP, UNUSED, EXCLUDED -> throw new AssertionError(what);
                }
                if (finding.kind() != FindingKind.CONFLICTING && finding.kind() != FindingKind.TOO_PERMISSIVE) {
                    found.add(rule.toString());
                }
            }
        }
        redundant.forEach(each -> checkRedundant(name + ": " + each, truth, Set.of(each)));
        checkRedundant(name + ": all of " + redundant, truth, redundant);
        return found;
    }

    private static void checkShadowed(String what, FrameByFrame truth, Judged judged, List<Judged> causes) {
        assertThat(causes)
                .as(what)
                .anyMatch(cause -> cause.rule().action() != judged.rule().action()
                        || cause.policy().stateless() != judged.policy().stateless()
                        || cause.policy().tcpPickup() != judged.policy().tcpPickup());
        for (Place place : truth.places) {
            if (truth.isAt(judged, place)) {
                BitSet left = (BitSet) judged.matching().clone();
                causes.stream()
                        .filter(cause -> truth.isAt(cause, place))
                        .forEach(cause -> left.andNot(cause.matching()));
                assertThat(left.isEmpty() || causes.size() == AnalysisLimits.MAX_CAUSES)
                        .as(what)
                        .isTrue();
            }
        }
    }

    private static void checkRedundant(String what, FrameByFrame truth, Set<String> rules) {
        for (Place place : truth.places) {
            assertThat(truth.outcomes(place, rules)).as(what).isEqualTo(truth.outcomes(place));
        }
    }

    private static void checkConflict(String what, FrameByFrame truth, Judged earlier, Judged later) {
        boolean hasVnics = !truth.vnics().isEmpty();
        boolean decides = false;
        boolean isMore = false;
        boolean isLess = false;
        for (Place place : truth.places) {
            BitSet ofLater = truth.isAt(later, place) ? later.matching() : new BitSet();
            BitSet ofEarlier = truth.isAt(earlier, place) ? earlier.matching() : new BitSet();
            isMore |= hasMore(ofEarlier, ofLater);
            isLess |= hasMore(ofLater, ofEarlier);
            if (place.vnic() != null || !hasVnics) {
                BitSet contested = (BitSet)
                        earlier.decided().getOrDefault(place, new BitSet()).clone();
                contested.and(ofLater);
                contested.and(
                        earlier.policy().category() == Category.ETHERNET
                                ? truth.possibleWithMac(place)
                                : truth.possible(place));
                decides |= !contested.isEmpty();
            }
        }
        assertThat(decides).as(what + " a packet of both").isTrue();
        assertThat(isMore).as(what + " more in the earlier").isTrue();
        assertThat(isLess).as(what + " more in the later").isTrue();
        assertThat(earlier.rule().action() == Action.ALLOW)
                .as(what)
                .isNotEqualTo(later.rule().action() == Action.ALLOW);
    }

    private static boolean hasMore(BitSet one, BitSet other) {
        BitSet more = (BitSet) one.clone();
        more.andNot(other);
        return !more.isEmpty();
    }

    private static void checkNeverMatches(String what, FrameByFrame truth, Judged judged) {
        boolean hasVnics = !truth.vnics().isEmpty();
        for (Place place : truth.places) {
            if (truth.isAt(judged, place) && (place.vnic() != null || !hasVnics)) {
                BitSet matching = truth.possible(place);
                matching.and(judged.matching());
                assertThat(matching.isEmpty()).as(what).isTrue();
            }
        }
    }

    private static void checkPassesAll(String what, FrameByFrame truth, Judged judged) {
        List<Judged> category = truth.rules.values().stream()
                .filter(each -> each.policy().stage() == judged.policy().stage())
                .toList();
        List<Judged> later = category.subList(category.indexOf(judged) + 1, category.size());
        assertThat(later).as(what).isNotEmpty().noneMatch(Judged::isUsed);
    }

    /** Counts rules that no frame of any kind comes to, or that no vNIC has in its table, and that nothing is said about. */
    private void countMissed(String name, FrameByFrame truth, Set<String> found) {
        for (Judged judged : truth.rules.values()) {
            if ((!judged.isUsed() || !truth.isInATable(judged)) && !judged.isOfProvider()) {
                dead++;
                boolean isNowhere = truth.places.stream().noneMatch(place -> truth.isAt(judged, place));
                boolean opensDataConnections = judged.rule().services().names().contains("ftp")
                        && judged.rule().action() == Action.ALLOW;
                boolean isWaiting = judged.policy().category() == Category.EMERGENCY
                        && (isNowhere || judged.matching().isEmpty());
                if (!found.contains(judged.name()) && !isWaiting && !opensDataConnections) {
                    missed++;
                    System.out.println("missed: " + name + " " + judged.policy().category() + " "
                            + judged.policy().appliedTo() + " " + judged.rule());
                }
            }
        }
    }
}
