/** Types that every part of the data path speaks. No framework, no allocation per packet, one writer per vNIC. */
@org.jspecify.annotations.NullMarked
package io.portcullis.datapath;
