/**
 * Protection of a vNIC and against it, beside the rules: who it may claim to be, what it may not offer to others, and how much of the
 * firewall's memory and time one party can use. Nothing here knows policies.
 */
@org.jspecify.annotations.NullMarked
package io.portcullis.datapath.guard;
