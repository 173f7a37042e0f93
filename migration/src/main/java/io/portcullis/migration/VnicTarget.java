package io.portcullis.migration;

import io.portcullis.datapath.runtime.CutoverTarget;
import io.portcullis.policy.VnicId;

/** Where the source's data path finds the destination's, for one vNIC. */
public record VnicTarget(VnicId vnic, CutoverTarget target) {}
