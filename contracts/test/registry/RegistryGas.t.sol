// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IConsensus} from "../../src/registry/IConsensus.sol";
import {RegistryTest} from "../support/RegistryTest.sol";

/// @notice Gas of the registry's calls that grow with the number of validators, for .gas-snapshot: each
/// test is one call on prepared state, without what its transaction and its calldata cost. The prepared
/// checkpoints are signed by just more than two thirds and are not the first of their epoch.
contract RegistryGasTest is RegistryTest {
    uint256[3] private sizes = [4, 31, 100];
    bytes[3] private submissions;
    bytes[3] private closings;
    bytes private evidence;
    bytes private snapshot;

    function setUp() public override {
        super.setUp();
        for (uint256 i = 0; i < 3; ++i) {
            if (i != 0) subnet = registry.createSubnet("text", address(usd), parameters());
            _prepare(i, sizes[i]);
        }
    }

    function test_SubmitCheckpointOf4() public {
        _send(submissions[0]);
    }

    function test_SubmitCheckpointOf31() public {
        _send(submissions[1]);
    }

    function test_SubmitCheckpointOf100() public {
        _send(submissions[2]);
    }

    function test_CloseEpochOf100() public {
        _send(closings[2]);
    }

    function test_SlashEquivocationOf100() public {
        _send(evidence);
    }

    function test_TakeSnapshotOf100() public {
        vm.warp(START + EPOCH);
        _send(snapshot);
    }

    function _prepare(uint256 slot, uint256 count) private {
        begin(count, MINIMUM);
        uint256 enough = 2 * count / 3 + 1;
        _call(checkpoint(1, 1, 0), enough, count);
        submissions[slot] = _encode(checkpoint(1, 2, 0), enough, count);
        closings[slot] = _encode(checkpoint(1, 2, setHashOf(1)), enough, count);
        IConsensus.Vote memory a = vote(N, 1, 1, "a");
        IConsensus.Vote memory b = vote(N, 1, 1, "b");
        bytes memory left = signed(secretAt(0), a);
        evidence = abi.encodeCall(IConsensus.slashEquivocation, (subnet, a, left, b, signed(secretAt(0), b)));
        addValidator(count, 2 * MINIMUM);
        snapshot = abi.encodeCall(IConsensus.takeSnapshot, (subnet));
    }

    function _encode(IConsensus.Checkpoint memory message, uint256 enough, uint256 count)
        private
        view
        returns (bytes memory)
    {
        (uint256 signers, bytes memory signatures) = quorum(message, 0, enough, count);
        return abi.encodeCall(IConsensus.submitCheckpoint, (subnet, message, signers, signatures));
    }

    function _call(IConsensus.Checkpoint memory message, uint256 enough, uint256 count) private {
        (bool succeeded,) = address(registry).call(_encode(message, enough, count));
        vm.assertTrue(succeeded, "first");
    }

    /// @dev Reading the prepared call from storage is not counted.
    function _send(bytes storage prepared) private {
        vm.pauseGasMetering();
        bytes memory data = prepared;
        vm.resumeGasMetering();
        (bool succeeded,) = address(registry).call(data);
        vm.assertTrue(succeeded, "call");
    }
}
