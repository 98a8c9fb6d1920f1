// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IConsensus} from "../../src/registry/IConsensus.sol";
import {ISubnets} from "../../src/registry/ISubnets.sol";
import {RegistryTest} from "../support/RegistryTest.sol";

contract CheckpointsTest is RegistryTest {
    uint256 private constant HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;

    function test_TheFirstSnapshotOpensEpochOne() public {
        vm.assertEq(registry.networkSalt(subnet), 0, "no salt yet");
        begin(5, MINIMUM);
        IConsensus.Snapshot memory snapshot = registry.getSnapshot(subnet, 1);
        bytes memory set;
        for (uint256 rank = 0; rank < 5; ++rank) {
            for (uint256 i = 0; i < 5; ++i) {
                if (rankOf(i, 5) == rank) set = abi.encodePacked(set, keyAt(i), uint96(MINIMUM));
            }
        }
        vm.assertEq(snapshot.setHash, keccak256(set), "hash of key and weight, ordered by key");
        vm.assertEq(keccak256(snapshot.blob.code), keccak256(bytes.concat(bytes1(0), set)), "blob");
        vm.assertEq(snapshot.totalStake, 5 * MINIMUM, "total");
        vm.assertEq(snapshot.takenAt, START, "time");
        vm.assertEq(registry.snapshotCount(subnet), 1, "count");
        vm.assertEq(registry.currentEpoch(subnet), 1, "epoch");
        vm.assertEq(registry.getEpoch(subnet, 1).snapshotId, 1, "its set");
        vm.assertEq(registry.getEpoch(subnet, 1).openedAt, START, "opened");
        vm.assertEq(registry.networkSalt(subnet), keccak256(abi.encode(subnet, snapshot.setHash)), "salt");
    }

    function test_ASnapshotNeedsFourAndAnEpochLength() public {
        for (uint256 i = 0; i < 3; ++i) {
            addValidator(i, MINIMUM);
        }
        vm.expectRevert(abi.encodeWithSelector(IConsensus.TooFewValidators.selector, 3));
        registry.takeSnapshot(subnet);
        addValidator(3, MINIMUM);
        registry.takeSnapshot(subnet);
        vm.warp(START + EPOCH - 1);
        vm.expectRevert(abi.encodeWithSelector(IConsensus.SnapshotTooEarly.selector, START + EPOCH));
        registry.takeSnapshot(subnet);
        vm.warp(START + EPOCH);
        address blob = registry.getSnapshot(subnet, registry.takeSnapshot(subnet)).blob;
        vm.assertEq(blob, registry.getSnapshot(subnet, 1).blob, "the same set is written once");
        vm.assertEq(registry.currentEpoch(subnet), 1, "the epoch stays");
        vm.expectRevert(abi.encodeWithSelector(ISubnets.UnknownSubnet.selector, 9));
        registry.takeSnapshot(9);
    }

    function test_WhoFellBelowARaisedMinimumIsNotInTheSnapshot() public {
        for (uint256 i = 0; i < 5; ++i) {
            addValidator(i, MINIMUM + uint128(i));
        }
        ISubnets.SubnetParameters memory raised = parameters();
        raised.minValidatorStake = MINIMUM + 1;
        registry.proposeSubnetParameters(subnet, raised);
        vm.warp(START + 3 days);
        registry.takeSnapshot(subnet);
        vm.assertEq(registry.getSnapshot(subnet, 1).totalStake, 4 * MINIMUM + 10, "without the first");
    }

    function test_AWeightIsAtMost96Bits() public {
        usd.mint(operatorAt(0), type(uint128).max);
        addValidator(0, type(uint128).max);
        for (uint256 i = 1; i < 4; ++i) {
            addValidator(i, MINIMUM);
        }
        registry.takeSnapshot(subnet);
        uint256 total = uint256(type(uint96).max) + 3 * uint256(MINIMUM);
        vm.assertEq(registry.getSnapshot(subnet, 1).totalStake, total, "total");
        submit(checkpoint(1, 1, 0), 4);
    }

    function test_ACheckpointIsKept() public {
        begin(4, MINIMUM);
        IConsensus.Checkpoint memory message = checkpoint(1, 7, 0);
        vm.warp(START + 5);
        vm.expectEmit(address(registry));
        emit IConsensus.CheckpointAccepted(subnet, 1, 7, message);
        submit(message, 4);
        IConsensus.AcceptedCheckpoint memory kept = registry.latestCheckpoint(subnet);
        vm.assertEq(kept.epoch, 1, "epoch");
        vm.assertEq(kept.height, 7, "height");
        vm.assertEq(kept.acceptedAt, START + 5, "time");
        vm.assertEq(kept.blockHash, message.blockHash, "block");
        vm.assertEq(kept.stateRoot, message.stateRoot, "state");
        vm.assertEq(kept.rewardsRoot, message.rewardsRoot, "rewards");
        bytes32 typeHash = keccak256(
            "Checkpoint(uint64 epoch,uint64 height,bytes32 blockHash,bytes32 stateRoot,bytes32 receiptsRoot,bytes32 rewardsRoot,bytes32 nextSetHash)"
        );
        vm.assertEq(kept.contentHash, keccak256(abi.encode(typeHash, message)), "content");
        submit(checkpoint(1, 9, 0), 4);
        vm.assertEq(registry.checkpointAt(subnet, 1).height, 9, "newest of its epoch");
        vm.assertEq(registry.checkpointAt(subnet, 2).height, 0, "none");
    }

    function test_EpochAndHeightMustFit() public {
        IConsensus.Checkpoint memory early = checkpoint(0, 1, 0);
        vm.expectRevert(abi.encodeWithSelector(IConsensus.WrongEpoch.selector, 0, 0));
        registry.submitCheckpoint(subnet, early, 0, "");
        begin(4, MINIMUM);
        submit(checkpoint(1, 7, 0), 4);
        _refused(checkpoint(1, 7, 0), abi.encodeWithSelector(IConsensus.HeightNotRaised.selector, 7, 7));
        _refused(checkpoint(2, 8, 0), abi.encodeWithSelector(IConsensus.WrongEpoch.selector, 2, 1));
        submit(checkpoint(1, 8, setHashOf(1)), 4);
        _refused(checkpoint(1, 9, 0), abi.encodeWithSelector(IConsensus.WrongEpoch.selector, 1, 2));
        _refused(checkpoint(2, 8, 0), abi.encodeWithSelector(IConsensus.HeightNotRaised.selector, 8, 8));
        submit(checkpoint(2, 9, 0), 4);
    }

    function test_TwoThirdsAreNotEnoughAndOneUnitMoreIs() public {
        for (uint256 i = 0; i < 4; ++i) {
            addValidator(i, i < 3 ? 2 * MINIMUM : 3 * MINIMUM);
        }
        registry.takeSnapshot(subnet);
        IConsensus.Checkpoint memory message = checkpoint(1, 1, 0);
        (uint256 signers, bytes memory signatures) = quorum(message, 0, 3, 4);
        vm.expectRevert(abi.encodeWithSelector(IConsensus.NoQuorum.selector, 6 * MINIMUM, 9 * MINIMUM));
        registry.submitCheckpoint(subnet, message, signers, signatures);

        stake(operatorAt(0), VALIDATOR, 3);
        vm.warp(START + EPOCH);
        registry.takeSnapshot(subnet);
        submit(checkpoint(1, 1, setHashOf(2)), 4);
        message = checkpoint(2, 2, 0);
        (signers, signatures) = quorum(message, 0, 3, 4);
        registry.submitCheckpoint(subnet, message, signers, signatures);
        vm.assertEq(registry.latestCheckpoint(subnet).height, 2, "6003 of 9003");
    }

    /// forge-config: deep.fuzz.runs = 1000
    function testFuzz_AQuorumIsMoreThanTwoThirdsOfTheWeight(uint128[7] memory stakes, uint8 present) public {
        uint256 total;
        uint256 weight;
        for (uint256 i = 0; i < 7; ++i) {
            stakes[i] = bound128(stakes[i], MINIMUM, type(uint96).max);
            addValidator(i, stakes[i]);
            total += stakes[i];
        }
        registry.takeSnapshot(subnet);
        IConsensus.Checkpoint memory message = checkpoint(1, 1, 0);
        uint256 end = present % 8;
        for (uint256 i = 0; i < end; ++i) {
            weight += stakes[i];
        }
        (uint256 signers, bytes memory signatures) = quorum(message, 0, end, 7);
        if (3 * weight <= 2 * total) {
            vm.expectRevert(abi.encodeWithSelector(IConsensus.NoQuorum.selector, weight, total));
        }
        registry.submitCheckpoint(subnet, message, signers, signatures);
    }

    function test_BadSignersAndSignaturesAreRefused() public {
        begin(4, MINIMUM);
        IConsensus.Checkpoint memory message = checkpoint(1, 1, 0);
        (uint256 signers, bytes memory signatures) = quorum(message, 0, 4, 4);
        _refused(
            message,
            signers | 1 << 4,
            signatures,
            abi.encodeWithSelector(IConsensus.InvalidSigners.selector, 31)
        );
        _refused(message, 1 << 255, "", abi.encodeWithSelector(IConsensus.InvalidSigners.selector, 1 << 255));
        bytes memory more = bytes.concat(signatures, new bytes(1));
        _refused(message, 15, more, abi.encodeWithSelector(IConsensus.InvalidSignaturesLength.selector, 257));
        _refused(
            message, 7, signatures, abi.encodeWithSelector(IConsensus.InvalidSignaturesLength.selector, 256)
        );
        bytes memory less = new bytes(255);
        for (uint256 i = 0; i < 255; ++i) {
            less[i] = signatures[i];
        }
        _refused(message, 15, less, abi.encodeWithSelector(IConsensus.InvalidSignaturesLength.selector, 255));
        bytes memory first = _firstOf(signatures);
        bytes memory doubled = bytes.concat(first, first, first, first);
        _refused(message, 15, doubled, abi.encodeWithSelector(IConsensus.InvalidSignatureOf.selector, 1));
    }

    function test_ASignatureByNobodyOrOfHighSIsRefused() public {
        begin(4, MINIMUM);
        IConsensus.Checkpoint memory message = checkpoint(1, 1, 0);
        (, bytes memory signatures) = quorum(message, 0, 4, 4);
        bytes memory nobody = bytes.concat(new bytes(64), _restOf(signatures));
        _refused(message, 15, nobody, abi.encodeWithSelector(IConsensus.InvalidSignature.selector));

        // The lowest s that is too high, and the highest that fits beside the parity.
        (bytes32 r,) = abi.decode(_firstOf(signatures), (bytes32, uint256));
        uint256[2] memory high = [HALF_ORDER + 1, type(uint256).max >> 1];
        for (uint256 i = 0; i < high.length; ++i) {
            bytes memory all = bytes.concat(abi.encode(r, high[i]), _restOf(signatures));
            _refused(message, 15, all, abi.encodeWithSelector(IConsensus.InvalidSignature.selector));
        }
    }

    function test_AnotherChainsSubnetsOrContractsSignaturesAreRefused() public {
        begin(4, MINIMUM);
        IConsensus.Checkpoint memory message = checkpoint(1, 1, 0);
        bytes32 salt = registry.networkSalt(subnet);
        _refusedUnder(
            message, rules.checkpointDigest(address(registry), keccak256(abi.encode(salt)), message)
        );
        _refusedUnder(message, rules.checkpointDigest(address(this), salt, message));
        uint256 chain = block.chainid;
        vm.chainId(chain + 1);
        bytes32 elsewhere = rules.checkpointDigest(address(registry), salt, message);
        vm.chainId(chain);
        _refusedUnder(message, elsewhere);
        IConsensus.Checkpoint memory other = checkpoint(1, 1, 0);
        other.receiptsRoot = 0;
        _refusedUnder(message, rules.checkpointDigest(address(registry), salt, other));
    }

    function test_AnEpochIsFollowedByTheSameSetOrANewerSnapshot() public {
        begin(4, MINIMUM);
        bytes32 first = setHashOf(1);
        addValidator(4, MINIMUM);
        vm.warp(START + EPOCH);
        registry.takeSnapshot(subnet);
        bytes32 second = setHashOf(2);
        _refused(
            checkpoint(1, 1, "unknown"),
            abi.encodeWithSelector(IConsensus.UnknownSet.selector, bytes32("unknown"))
        );
        submit(checkpoint(1, 1, first), 4);
        vm.expectEmit(address(registry));
        emit IConsensus.EpochClosed(subnet, 2, second);
        vm.expectEmit(address(registry));
        emit IConsensus.EpochOpened(subnet, 3, second);
        submit(checkpoint(2, 2, second), 4);
        vm.assertEq(registry.getEpoch(subnet, 2).closedAt, block.timestamp, "closed");
        vm.assertEq(registry.getEpoch(subnet, 3).snapshotId, 2, "newer");

        IConsensus.Checkpoint memory back = checkpoint(3, 3, first);
        (uint256 signers, bytes memory signatures) = quorum(back, 0, 5, 5);
        vm.expectRevert(abi.encodeWithSelector(IConsensus.UnknownSet.selector, first));
        registry.submitCheckpoint(subnet, back, signers, signatures);
        submit(checkpoint(3, 3, 0), 5);
    }

    function test_AnotherSubnetsSnapshotFollowsNothing() public {
        begin(4, MINIMUM);
        uint256 mine = subnet;
        subnet = registry.createSubnet("vision", address(usd), parameters());
        begin(5, MINIMUM);
        bytes32 foreign = setHashOf(1);
        subnet = mine;
        _refused(checkpoint(1, 1, foreign), abi.encodeWithSelector(IConsensus.UnknownSet.selector, foreign));
    }

    function test_ASilentSubnetBeginsAgainWithItsNextSnapshot() public {
        begin(4, MINIMUM);
        vm.warp(START + 90 days - 1);
        submit(checkpoint(1, 1, 0), 4);
        registry.takeSnapshot(subnet);
        vm.assertEq(registry.currentEpoch(subnet), 1, "not silent");
        vm.warp(block.timestamp + 90 days);
        _refused(checkpoint(1, 2, 0), abi.encodeWithSelector(IConsensus.SubnetSilent.selector, subnet));
        addValidator(4, MINIMUM);
        registry.takeSnapshot(subnet);
        vm.assertEq(registry.currentEpoch(subnet), 2, "begun again");
        vm.assertEq(registry.getEpoch(subnet, 1).closedAt, block.timestamp, "closed");
        vm.assertEq(registry.getEpoch(subnet, 2).snapshotId, 3, "with the new set");
        submit(checkpoint(2, 2, 0), 5);
        vm.assertEq(registry.latestCheckpoint(subnet).epoch, 2, "goes on");
    }

    function _refused(IConsensus.Checkpoint memory message, bytes memory reason) private {
        (uint256 signers, bytes memory signatures) = quorum(message, 0, 4, 4);
        _refused(message, signers, signatures, reason);
    }

    function _refused(
        IConsensus.Checkpoint memory message,
        uint256 signers,
        bytes memory signatures,
        bytes memory reason
    ) private {
        vm.expectRevert(reason);
        registry.submitCheckpoint(subnet, message, signers, signatures);
    }

    function _refusedUnder(IConsensus.Checkpoint memory message, bytes32 digest) private {
        bytes[4] memory parts;
        for (uint256 i = 0; i < 4; ++i) {
            parts[rankOf(i, 4)] = compact(secretAt(i), digest);
        }
        bytes memory all = bytes.concat(parts[0], parts[1], parts[2], parts[3]);
        vm.expectRevert(abi.encodeWithSelector(IConsensus.InvalidSignatureOf.selector, 0));
        registry.submitCheckpoint(subnet, message, 15, all);
    }

    function _firstOf(bytes memory signatures) private pure returns (bytes memory first) {
        first = new bytes(64);
        for (uint256 i = 0; i < 64; ++i) {
            first[i] = signatures[i];
        }
    }

    function _restOf(bytes memory signatures) private pure returns (bytes memory rest) {
        rest = new bytes(signatures.length - 64);
        for (uint256 i = 64; i < signatures.length; ++i) {
            rest[i - 64] = signatures[i];
        }
    }
}
