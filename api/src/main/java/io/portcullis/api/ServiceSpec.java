package io.portcullis.api;

import java.util.List;

/** A named set of protocols and ports; matches if any entry does. */
public record ServiceSpec(List<ServiceEntry> entries) {}
