// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IInferencePayment} from "../../src/payment/IInferencePayment.sol";
import {IDisputes} from "../../src/registry/IDisputes.sol";

/// @notice A payment contract that says whatever it was told to say.
contract HostilePayment {
    enum Mode {
        Lie,
        Revert,
        Burn,
        Short,
        Write,
        Reenter
    }

    Mode public mode;
    bytes32 public channelId;
    uint128 public totalClaimed;
    bytes32 public digest;
    uint256 private written;

    function tell(Mode mode_, bytes32 channelId_, uint128 totalClaimed_, bytes32 digest_) external {
        (mode, channelId, totalClaimed, digest) = (mode_, channelId_, totalClaimed_, digest_);
    }

    function getChannelId(IInferencePayment.ChannelConfig calldata) external view returns (bytes32) {
        return channelId;
    }

    function getVoucherDigest(bytes32, uint128) external view returns (bytes32) {
        return digest;
    }

    function channels(bytes32) external returns (uint128, uint128) {
        if (mode == Mode.Revert) revert("no");
        if (mode == Mode.Write) written = 1;
        if (mode == Mode.Reenter) IDisputes(msg.sender).closeDispute(0);
        while (mode == Mode.Burn && gasleft() > 5000) {}
        if (mode == Mode.Short) {
            assembly ("memory-safe") {
                return(0, 32)
            }
        }
        return (0, totalClaimed);
    }
}
