package io.portcullis.admin;

import io.portcullis.admin.document.ServiceText;
import io.portcullis.api.StagedView;
import io.portcullis.datapath.engine.ShadowReport;
import io.portcullis.datapath.engine.ShadowReport.RuleCount;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.StagedPolicy;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.vnic.StagedCounts;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Writes what is staged, with what was counted of it. Stateless. */
final class StagedViews {
    /** Rules of staged policies that are listed although nothing was counted of them. */
    private static final int MAX_RULES = 1_000;

    private static final String DEFAULT = "default";

    private final Sight sight;

    StagedViews(Sight sight) {
        this.sight = sight;
    }

    StagedView view(TenantModel model, StagedReport report) {
        StagedCounts counts = report.counts();
        return new StagedView(
                model.tenant().value(),
                model.revision(),
                model.staged().values().stream()
                        .map(staged -> new StagedView.Policy(staged.name(), change(model, staged)))
                        .toList(),
                counts.vnics(),
                counts.judging(),
                counts.liveJudged(),
                rules(model, counts.rules()),
                counts.omittedRules(),
                counts.examples().stream().map(this::example).toList(),
                report.silentHosts());
    }

    private static String change(TenantModel model, StagedPolicy staged) {
        if (staged.policy() == null) {
            return "REMOVE";
        }
        return model.policies().containsKey(staged.name()) ? "CHANGE" : "ADD";
    }

    private List<StagedView.Rule> rules(TenantModel model, List<RuleCount> counted) {
        Map<String, RuleCount> byName = new LinkedHashMap<>();
        counted.forEach(count -> byName.put(count.rule(), count));
        List<StagedView.Rule> rules = new ArrayList<>();
        for (StagedPolicy staged : model.staged().values()) {
            SecurityPolicy policy = staged.policy();
            if (policy == null || !policy.enabled()) {
                continue;
            }
            for (var rule : policy.rules()) {
                String name = policy.name() + "/" + rule.name();
                RuleCount count = byName.remove(name);
                if (count != null || rules.size() < MAX_RULES) {
                    rules.add(rule(name, true, count == null ? new RuleCount(0, name, 0, 0, 0, 0) : count));
                }
            }
        }
        Map<String, RuleCount> others = new LinkedHashMap<>();
        byName.forEach((name, count) -> {
            if (count.wouldDeny() + count.wouldAllow() + count.wouldCut() > 0) {
                others.merge(shown(name), count, StagedViews::sum);
            }
        });
        others.forEach((name, count) -> rules.add(rule(name, false, count)));
        return rules;
    }

    private static StagedView.Rule rule(String name, boolean staged, RuleCount count) {
        return new StagedView.Rule(name, staged, count.hits(), count.wouldDeny(), count.wouldAllow(), count.wouldCut());
    }

    /** Of rules that may not be told apart. */
    private static RuleCount sum(RuleCount one, RuleCount other) {
        return new RuleCount(
                0,
                "",
                one.hits() + other.hits(),
                one.wouldDeny() + other.wouldDeny(),
                one.wouldAllow() + other.wouldAllow(),
                one.wouldCut() + other.wouldCut());
    }

    private String shown(String rule) {
        return rule.isEmpty() ? DEFAULT : sight.rule(rule);
    }

    private StagedView.Example example(StagedCounts.Example example) {
        ShadowReport.Example flow = example.flow();
        InetAddress source = flow.source();
        InetAddress destination = flow.destination();
        boolean isIp = source != null && destination != null;
        return new StagedView.Example(
                example.vnic().toString(),
                flow.difference().name(),
                flow.direction().name(),
                isIp ? ServiceText.protocol(flow.protocol()) : "0x" + Integer.toHexString(flow.etherType()),
                source == null
                        ? flow.sourceMac().toString()
                        : Views.address(new InetSocketAddress(source, flow.sourcePort()), flow.protocol()),
                destination == null
                        ? flow.destinationMac().toString()
                        : Views.address(new InetSocketAddress(destination, flow.destinationPort()), flow.protocol()),
                shown(flow.ruleNow()),
                shown(flow.ruleThen()),
                TimeUnit.NANOSECONDS.toMillis(flow.ageNanos()),
                flow.times());
    }
}
