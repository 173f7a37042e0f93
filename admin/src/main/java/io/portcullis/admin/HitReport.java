package io.portcullis.admin;

import io.portcullis.datapath.runtime.RuleHit;
import io.portcullis.datapath.runtime.TenantHits;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a tenant's rules have counted, summed over all hosts that ever enforced them.
 *
 * @param rules by id; rules that counted nothing are missing, and there may be some that the tenant has no more
 * @param countedSince from when on every host counted everything; null if from the beginning
 * @param silentHosts hosts that may have counted more than is summed here, as they do not answer
 * @param storeAnswers whether it is known what hosts counted that are gone
 */
public record HitReport(
        Map<Long, RuleHit> rules, @Nullable Instant countedSince, List<String> silentHosts, boolean storeAnswers) {
    public static final HitReport NONE = new HitReport(Map.of(), null, List.of(), true);

    public HitReport {
        rules = Map.copyOf(rules);
        silentHosts = List.copyOf(silentHosts);
    }

    /** Whether nothing is missing. */
    public boolean complete() {
        return silentHosts.isEmpty() && storeAnswers;
    }

    /** With what another host counted. */
    public HitReport plus(TenantHits hits) {
        Map<Long, RuleHit> sum = new HashMap<>(rules);
        hits.rules().forEach(hit -> sum.merge(hit.ruleId(), hit, RuleHit::plus));
        return new HitReport(sum, later(countedSince, hits.countedSince()), silentHosts, storeAnswers);
    }

    /** With what another tenant's rules counted; of the rules that both have of the provider, the sum. */
    public HitReport plus(HitReport other) {
        Map<Long, RuleHit> sum = new HashMap<>(rules);
        other.rules.forEach((id, hit) -> sum.merge(id, hit, RuleHit::plus));
        Set<String> silent = new TreeSet<>(silentHosts);
        silent.addAll(other.silentHosts);
        return new HitReport(
                sum, later(countedSince, other.countedSince), List.copyOf(silent), storeAnswers && other.storeAnswers);
    }

    private static @Nullable Instant later(@Nullable Instant one, @Nullable Instant other) {
        return one == null || (other != null && other.isAfter(one)) ? other : one;
    }
}
