package io.portcullis.vnic;

import io.portcullis.datapath.runtime.DataPath;
import io.portcullis.persistence.Checkpoints;
import io.portcullis.persistence.PlacementDirectory;
import io.portcullis.persistence.RuleHitStore;
import io.portcullis.policy.HostId;

/**
 * The host that runs on this node.
 *
 * @param dataPath outlives the actor system; whoever made it closes it
 */
public record LocalHost(
        HostId id,
        DataPath dataPath,
        HostLimits limits,
        HostTiming timing,
        PlacementDirectory directory,
        RuleHitStore ruleHits,
        Checkpoints checkpoints) {}
