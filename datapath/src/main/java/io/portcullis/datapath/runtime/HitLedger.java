package io.portcullis.datapath.runtime;

import io.portcullis.policy.TenantId;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * What all vNICs of a host have counted of rules, by tenant. vNICs hand over what they counted and keep none of it, so a vNIC that leaves and a rule
 * that is in no table any more take nothing away. It lives as long as the data path; what the host counted before is {@link #restore}d once. Thread-safe:
 * the loop never waits for who reads.
 */
public final class HitLedger {
    /** Rules of a tenant that are remembered; beyond that those without a hit for the longest time are forgotten. */
    public static final int MAX_RULES_PER_TENANT = 200_000;

    private static final long NANOS_PER_MILLI = 1_000_000;

    /** Three numbers for each rule: id, hits, time of the last in nanoseconds. */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    private record Batch(TenantId tenant, long[] counts, long nowNanos, long nowMillis) {}

    private static final class Tally {
        private long hits;
        private long lastMillis;

        private void add(long more, long atMillis) {
            hits += more;
            lastMillis = Math.max(lastMillis, atMillis);
        }
    }

    private static final class Account {
        private @Nullable Instant countedSince;
        private final Map<Long, Tally> rules = new HashMap<>();
    }

    private final InstantSource clock;
    private final int maxRules;
    private final Instant begun;
    private final ConcurrentLinkedQueue<Batch> arrived = new ConcurrentLinkedQueue<>();
    private final Map<TenantId, Account> accounts = new HashMap<>();
    private final Set<TenantId> changed = new HashSet<>();
    private boolean restored;
    private long forgotten;

    /** @param clock for the time of day of hits */
    public HitLedger(InstantSource clock) {
        this(clock, MAX_RULES_PER_TENANT);
    }

    HitLedger(InstantSource clock, int maxRules) {
        this.clock = clock;
        this.maxRules = maxRules;
        begun = clock.instant();
    }

    /** What one vNIC has counted, on its way here; one thread. */
    static final class Slip {
        private long[] counts = new long[48];
        private int size;

        void note(long ruleId, long hits, long lastNanos) {
            if (size == counts.length) {
                counts = Arrays.copyOf(counts, 2 * size);
            }
            counts[size++] = ruleId;
            counts[size++] = hits;
            counts[size++] = lastNanos;
        }
    }

    /** Takes over what a vNIC of the tenant has counted; empties the slip. Never waits. */
    void add(TenantId tenant, Slip slip, long nowNanos) {
        if (slip.size > 0) {
            arrived.add(new Batch(tenant, Arrays.copyOf(slip.counts, slip.size), nowNanos, clock.millis()));
            slip.size = 0;
        }
    }

    /** Takes over counts with the time of day, for a data path that has no frames. */
    public synchronized void add(TenantId tenant, RuleHit hit) {
        settle();
        add(account(tenant), hit);
        changed.add(tenant);
    }

    /** Whether {@link #restore} was done in this process. */
    public synchronized boolean isRestored() {
        return restored;
    }

    /**
     * Adds what the host had counted when its process ended last; a second call does nothing. Of a tenant whose vNICs are here already although nobody
     * knows what they counted, the count begins with this process.
     */
    public synchronized void restore(Map<TenantId, TenantHits> earlier, Set<TenantId> enforcedBefore) {
        if (restored) {
            return;
        }
        restored = true;
        settle();
        earlier.forEach((tenant, hits) -> {
            Account account = account(tenant);
            account.countedSince = hits.countedSince();
            hits.rules().forEach(hit -> add(account, hit));
        });
        for (TenantId tenant : enforcedBefore) {
            if (!earlier.containsKey(tenant)) {
                account(tenant).countedSince = begun;
                changed.add(tenant);
            }
        }
    }

    /** All that vNICs have handed over, and what was restored. */
    public synchronized TenantHits of(TenantId tenant) {
        settle();
        Account account = accounts.get(tenant);
        return account == null ? TenantHits.NONE : hits(account);
    }

    /** As {@link #of}, for the tenants of which something was counted since the last call. */
    public synchronized Map<TenantId, TenantHits> takeChanged() {
        settle();
        Map<TenantId, TenantHits> all = new HashMap<>();
        for (TenantId tenant : changed) {
            Account account = accounts.get(tenant);
            if (account != null) {
                all.put(tenant, hits(account));
            }
        }
        changed.clear();
        return all;
    }

    /** What {@link #takeChanged} gave could not be kept: it is to come again. */
    public synchronized void changedStill(Set<TenantId> tenants) {
        changed.addAll(tenants);
    }

    /** The tenant is gone; one of the same name begins anew. */
    public synchronized void forget(TenantId tenant) {
        settle();
        accounts.remove(tenant);
        changed.remove(tenant);
    }

    /** Rules that were forgotten at the limit. */
    public synchronized long forgotten() {
        return forgotten;
    }

    private void settle() {
        Batch batch = arrived.poll();
        while (batch != null) {
            Account account = account(batch.tenant());
            long[] counts = batch.counts();
            for (int i = 0; i < counts.length; i += 3) {
                long ageMillis = Math.max(0, batch.nowNanos() - counts[i + 2]) / NANOS_PER_MILLI;
                add(account, counts[i], counts[i + 1], batch.nowMillis() - ageMillis);
            }
            changed.add(batch.tenant());
            batch = arrived.poll();
        }
    }

    private void add(Account account, RuleHit hit) {
        add(account, hit.ruleId(), hit.hits(), hit.lastMillis());
    }

    private void add(Account account, long ruleId, long hits, long lastMillis) {
        Tally tally = account.rules.get(ruleId);
        if (tally == null) {
            if (account.rules.size() >= maxRules) {
                forgetOldest(account);
            }
            tally = new Tally();
            account.rules.put(ruleId, tally);
        }
        tally.add(hits, lastMillis);
    }

    /** A good part at once, as it takes a look at all. */
    private void forgetOldest(Account account) {
        List<Map.Entry<Long, Tally>> oldest = new ArrayList<>(account.rules.entrySet());
        oldest.sort(Comparator.comparingLong(entry -> entry.getValue().lastMillis));
        int count = Math.max(1, maxRules / 8);
        oldest.subList(0, count).forEach(entry -> account.rules.remove(entry.getKey()));
        forgotten += count;
    }

    private Account account(TenantId tenant) {
        return accounts.computeIfAbsent(tenant, _ -> new Account());
    }

    private static TenantHits hits(Account account) {
        List<RuleHit> hits = new ArrayList<>(account.rules.size());
        account.rules.forEach((rule, tally) -> hits.add(new RuleHit(rule, tally.hits, tally.lastMillis)));
        return new TenantHits(account.countedSince, hits);
    }
}
