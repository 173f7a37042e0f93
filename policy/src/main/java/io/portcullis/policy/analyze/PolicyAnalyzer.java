package io.portcullis.policy.analyze;

import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.Stage;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.Tier;
import io.portcullis.policy.analyze.MatchedPackets.Outcome;
import io.portcullis.policy.compile.GroupMembership;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.TenantModel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Analyzes the policy of a tenant. A pure function of the model (and of what is known of the use of its rules), which must be free of problems
 * ({@link io.portcullis.policy.model.ModelValidator}); any thread, some seconds of it for 100,000 rules.
 *
 * <p>What is found is so: a rule is compared by what it matches (vNICs that it is applied to, direction, addresses, services with TCP
 * flags, Ethernet headers), with its groups as they are in this model, never by how it is written.
 *
 * <p>What is found is about every frame, from and to whatever address, in either direction, at every place: each vNIC of today for which the tenant's
 * rules hold (one that is excluded is no place), and one that is yet to come, which no group has and no exclusion names. There a
 * rule decides about a frame that it matches if it is applied to the place, no earlier rule of its {@link Stage} that is applied to the place matches
 * the frame, and none of an earlier stage, the provider's among them, has ended the evaluation. A rule is shadowed, or redundant by earlier ones, if it
 * decides about no frame at any place; redundant, too, if without it, and without all others that are called so, the same becomes of every frame at every
 * place; and a PASS passes all if none of the later rules of its stage decides anywhere. That a vNIC cannot have an address counts for nothing in
 * this: it may get it. It counts for rules that never match. Of these is said that they match no frame, or none that a vNIC of today
 * to which they are applied could send from its own addresses or get at them; where no vNIC enforces anything yet, only the first is said. A rule that matches
 * none of today is nevertheless one that may decide at the vNIC that is yet to come, leaves later ones nothing there, and is named with their causes.
 *
 * <p>Of a tenant that has policies of the provider, what these leave to the tenant's rules; what is found is about the tenant's own. Of the provider's
 * model, in which there are no VMs, what is so whoever is in its groups: rules that match nothing or allow too much, and those
 * that an earlier rule of their category covers as both are written ({@link WrittenCover}).
 *
 * <p>Of a tenant with schedules or expiries, what is found of a rule is so at all times at which it is active, of those that follow
 * on the model's time until {@link AnalysisLimits#MAX_TIMES} different sets of rules were active.
 *
 * <p>What is not found:
 * <ul>
 *   <li>Shadowed and redundant by one earlier rule is exact within a category. By an earlier category, or the provider, it is found where no PASS
 *       before that rule (in category ETHERNET: no ALLOW or PASS) takes some of it, or as several rules are.
 *   <li>By several rules together, of any categories and with any PASS between, it is found where at most
 *       {@link AnalysisLimits#MAX_UNION} earlier rules overlap it and what they leave never falls into more than
 *       {@link AnalysisLimits#MAX_PIECES} boxes on the way.
 *   <li>Redundant by later rules: by one of the same category, not by several together, and not by the tenant's default.
 *   <li>Conflicts: for each rule some of those there are, at most {@link AnalysisLimits#MAX_CAUSES}, and only where one of at most
 *       {@link AnalysisLimits#MAX_SAMPLES} packets that are tried shows it. Across categories, whose order is meant, none.
 *   <li>Types of ICMP that never open a connection, and addresses that SpoofGuard lets no vNIC use, are taken for possible.
 *   <li>Where a limit ended a search, {@link Analysis#unfinished} counts the rule. If it is that of the services of one rule, nothing is said of
 *       others for which it matters what that rule takes.
 * </ul>
 */
public final class PolicyAnalyzer {
    private record Placed(int order, Finding finding) {}

    private final TenantModel model;
    private final GroupMembership membership;
    private final PolicyShapes shapes;
    private final Effort effort = new Effort();
    private final FindingTexts texts;
    private final DecidingRules deciding;
    /** Rules that decide about nothing; in the end also those that do not today. */
    private final Set<RuleShape> dead = new HashSet<>();

    /** Those that no vNIC of today meets, though they may decide at one that is yet to come. */
    private final Set<RuleShape> elsewhere = new HashSet<>();

    private final Set<RuleShape> unfinished = new HashSet<>();
    private final List<Placed> findings = new ArrayList<>();
    /** Of each policy that is active, how many rules come before it. */
    private final Map<String, Integer> firstOrders = new HashMap<>();

    private int rules;
    private int tooLarge;

    private PolicyAnalyzer(TenantModel model, Tier reader) {
        this.model = model;
        membership = GroupMembership.of(model);
        shapes = new PolicyShapes(model, membership);
        texts = new FindingTexts(shapes, reader == Tier.PROVIDER);
        deciding = new DecidingRules(shapes, effort);
    }

    /** For the tenant, who is told of rules of the provider no more than that there are some. */
    public static Analysis analyze(TenantModel model) {
        return analyze(model, Tier.TENANT);
    }

    /**
     * For a reader who may know more.
     *
     * @param reader {@link Tier#PROVIDER} for somebody who may know the provider's rules: then they are named where they are the cause
     */
    public static Analysis analyze(TenantModel model, Tier reader) {
        return AllTimes.analyze(model, reader);
    }

    /** As {@link #analyze(TenantModel)}; finds rules that are not used, too. */
    public static Analysis analyze(TenantModel model, RuleUsage usage) {
        return analyze(model, usage, Tier.TENANT);
    }

    /** As {@link #analyze(TenantModel, Tier)}; finds rules that are not used, too. */
    public static Analysis analyze(TenantModel model, RuleUsage usage, Tier reader) {
        Analysis ofPolicy = analyze(model, reader);
        UnusedRules unused = new UnusedRules(model, usage);
        List<Finding> all = new ArrayList<>(ofPolicy.findings());
        all.addAll(unused.find());
        return new Analysis(ofPolicy.rules(), AllTimes.inOrder(model, all), ofPolicy.unfinished(), unused.undecided());
    }

    /** Of the rules that are active at the model's time. */
    static Analysis analyzeNow(TenantModel model, Tier reader) {
        return new PolicyAnalyzer(model, reader).run();
    }

    private Analysis run() {
        resolve();
        if (model.tenant().equals(TenantId.PROVIDER)) {
            findWhateverTenantsThereAre();
        } else {
            findDead();
            findUnnecessary();
            findPassingAll();
        }
        List<Finding> all = new ArrayList<>();
        findings.stream().sorted(Comparator.comparingInt(Placed::order)).forEach(placed -> all.add(placed.finding()));
        all.addAll(new UnusedSearch(model, membership).find());
        all.addAll(new ExclusionSearch(model, shapes.excluded()).find());
        return new Analysis(rules, all, tooLarge + unfinished.size());
    }

    /** What is so of a rule of the provider is not the tenant's to mend. */
    private void add(Finding.OfRule rule, Finding finding) {
        if (Tier.ofName(rule.name().policy()) == Tier.PROVIDER) {
            return;
        }
        findings.add(new Placed(firstOrders.getOrDefault(rule.name().policy(), 0) + rule.index(), finding));
    }

    private void add(RuleShape rule, Finding finding) {
        add(rule.subject(), finding);
    }

    private void resolve() {
        RuleMatching matching = new RuleMatching(shapes);
        for (SecurityPolicy policy : shapes.policies()) {
            firstOrders.put(policy.name(), rules);
            rules += policy.tier() == Tier.TENANT ? policy.rules().size() : 0;
            for (int index = 0; index < policy.rules().size(); index++) {
                Rule rule = policy.rules().get(index);
                Finding.OfRule subject = new Finding.OfRule(new RuleName(policy.name(), rule.name()), index);
                if (!rule.activeAt(model.time())) {
                    add(
                            subject,
                            texts.neverMatches(
                                    subject,
                                    new Outcome.Nothing(
                                            "it expired at " + rule.expires(),
                                            "delete it, or give it a later date",
                                            false)));
                    continue;
                }
                switch (matching.of(policy, rule)) {
                    case Outcome.Matches(MatchedPackets packets) -> shapes.add(policy, index, packets);
                    case Outcome.Elsewhere(MatchedPackets packets) -> {
                        shapes.add(policy, index, packets);
                        elsewhere.add(shapes.rules().getLast());
                        add(subject, texts.matchesElsewhere(subject));
                    }
                    case Outcome.Nothing nothing -> {
                        // an emergency waits for its group to fill, and groups of the provider are nobody here
                        boolean isFine = policy.category() == Category.EMERGENCY
                                || model.tenant().equals(TenantId.PROVIDER);
                        if (!nothing.waits() || !isFine) {
                            add(subject, texts.neverMatches(subject, nothing));
                        }
                    }
                    case Outcome.TooLarge _ -> {
                        tooLarge++;
                        shapes.leaveOut(policy);
                    }
                }
            }
        }
        shapes.index();
    }

    /** Of the provider: who is in its groups, each tenant has its own answer to. */
    private void findWhateverTenantsThereAre() {
        Permissiveness permissiveness = new Permissiveness(shapes);
        for (RuleShape rule : shapes.rules()) {
            permissiveness.judge(rule).ifPresent(finding -> add(rule, finding));
        }
        new WrittenCover(model, shapes.policies(), texts).find(this::add);
    }

    private void findDead() {
        ConflictSearch conflicts = new ConflictSearch(shapes, deciding, elsewhere, effort);
        Permissiveness permissiveness = new Permissiveness(shapes);
        for (RuleShape rule : shapes.rules()) {
            boolean isElsewhere = elsewhere.contains(rule);
            List<RuleShape> takers = deciding.takersOf(rule);
            if (!takers.isEmpty()) {
                dead.add(rule);
                if (!isElsewhere) {
                    texts.covered(rule, takers).ifPresent(finding -> add(rule, finding));
                }
            } else {
                if (!isElsewhere) {
                    List<ConflictSearch.Conflict> found = conflicts.of(rule);
                    if (!found.isEmpty()) {
                        add(rule, texts.conflicting(rule, found));
                    }
                    permissiveness.judge(rule).ifPresent(finding -> add(rule, finding));
                }
                deciding.add(rule);
            }
            if (effort.wasExhausted()) {
                unfinished.add(rule);
            }
        }
    }

    private void findUnnecessary() {
        // whoever deletes what never matches today does not expect it to decide instead of others
        dead.addAll(elsewhere);
        Map<RuleShape, Optional<RuleShape>> unnecessary = new LaterRules(shapes, effort).find(dead, unfinished);
        unnecessary.forEach((rule, instead) -> add(rule, texts.unnecessary(rule, instead)));
    }

    private void findPassingAll() {
        for (RuleShape rule : shapes.rules()) {
            if (rule.action() == Action.PASS && !dead.contains(rule) && !shapes.isBlurred(rule.stage())) {
                List<RuleShape> skipped = allSkippedBy(rule);
                if (!skipped.isEmpty()) {
                    add(rule, texts.passesAll(rule, skipped));
                }
            }
        }
    }

    /** The later rules of its stage; none if one of them may still match. */
    private List<RuleShape> allSkippedBy(RuleShape rule) {
        List<RuleShape> skipped = new ArrayList<>();
        List<RuleShape> all = shapes.rules();
        for (int place = rule.place() + 1; place < all.size(); place++) {
            RuleShape later = all.get(place);
            if (later.stage() != rule.stage()) {
                break;
            }
            if (!shapes.covers(rule, later)) {
                return List.of();
            }
            if (!elsewhere.contains(later)) {
                skipped.add(later);
            }
        }
        return skipped;
    }
}
