// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {TestUsd} from "../../src/local/TestUsd.sol";
import {ConsensusRules} from "../../src/registry/ConsensusRules.sol";
import {IConsensus} from "../../src/registry/IConsensus.sol";
import {ISubnets} from "../../src/registry/ISubnets.sol";
import {IValidatorRegistry} from "../../src/registry/IValidatorRegistry.sol";
import {Test} from "./Test.sol";

/// @notice A subnet whose validators have keys, so that they can vote.
abstract contract RegistryTest is Test {
    uint256 internal constant START = 1_800_000_000;
    uint40 internal constant DELAY = 20 days;
    uint40 internal constant EPOCH = 1 hours;
    uint128 internal constant MINIMUM = 1000;
    ISubnets.Role internal constant GATEWAY = ISubnets.Role.Gateway;
    ISubnets.Role internal constant NODE = ISubnets.Role.Node;
    ISubnets.Role internal constant VALIDATOR = ISubnets.Role.Validator;
    uint8 internal constant N = 1;
    uint8 internal constant U = 2;
    uint8 internal constant X = 3;

    address internal reporter = address(0xBEEF);
    IValidatorRegistry internal registry;
    ConsensusRules internal rules;
    TestUsd internal usd;
    uint256 internal subnet;

    function setUp() public virtual {
        vm.warp(START);
        registry = newRegistry();
        rules = ConsensusRules(registry.RULES());
        usd = new TestUsd(address(this));
        subnet = registry.createSubnet("text", address(usd), parameters());
    }

    function parameters() internal pure returns (ISubnets.SubnetParameters memory) {
        return ISubnets.SubnetParameters({
            minGatewayStake: 0,
            minNodeStake: 0,
            minValidatorStake: MINIMUM,
            unbondingDelay: DELAY,
            epochLength: EPOCH,
            verificationFloor: 500,
            policy: 0
        });
    }

    function operatorAt(uint256 index) internal pure returns (address) {
        return vm.addr(10_000 + index);
    }

    /// @dev The private key that the operator votes with.
    function secretAt(uint256 index) internal pure returns (uint256) {
        return 20_000 + index;
    }

    function keyAt(uint256 index) internal pure returns (address) {
        return vm.addr(secretAt(index));
    }

    function stake(address operator, ISubnets.Role role, uint128 amount) internal {
        usd.mint(operator, amount);
        vm.prank(operator);
        usd.approve(address(registry), amount);
        vm.prank(operator);
        registry.stake(subnet, role, amount);
    }

    function unbond(address operator, ISubnets.Role role, uint128 amount) internal {
        vm.prank(operator);
        registry.unbond(subnet, role, amount);
    }

    function withdraw(address operator, ISubnets.Role role) internal {
        vm.prank(operator);
        registry.withdrawStake(subnet, role);
    }

    function setKey(address operator, uint256 secret) internal {
        bytes memory proof = signature(secret, registry.consensusKeyDigest(subnet, operator));
        vm.prank(operator);
        registry.setConsensusKey(subnet, vm.addr(secret), proof);
    }

    function addValidator(uint256 index, uint128 amount) internal {
        setKey(operatorAt(index), secretAt(index));
        stake(operatorAt(index), VALIDATOR, amount);
    }

    /// @dev `count` validators with the same stake, in epoch 1.
    function begin(uint256 count, uint128 amount) internal {
        for (uint256 i = 0; i < count; ++i) {
            addValidator(i, amount);
        }
        registry.takeSnapshot(subnet);
    }

    /// @dev Where the validator stands in a set of the first `count`, which is ordered by key.
    function rankOf(uint256 index, uint256 count) internal pure returns (uint256 rank) {
        for (uint256 i = 0; i < count; ++i) {
            if (keyAt(i) < keyAt(index)) ++rank;
        }
    }

    function vote(uint8 kind, uint64 epoch, uint64 view_, bytes32 blockHash)
        internal
        pure
        returns (IConsensus.Vote memory)
    {
        return IConsensus.Vote(kind, epoch, view_, blockHash);
    }

    function checkpoint(uint64 epoch, uint64 height, bytes32 nextSetHash)
        internal
        pure
        returns (IConsensus.Checkpoint memory)
    {
        return IConsensus.Checkpoint({
            epoch: epoch,
            height: height,
            blockHash: keccak256(abi.encode("block", height)),
            stateRoot: keccak256(abi.encode("state", height)),
            receiptsRoot: keccak256(abi.encode("receipts", height)),
            rewardsRoot: keccak256(abi.encode("rewards", height)),
            nextSetHash: nextSetHash
        });
    }

    /// @dev 64 bytes: r, and s with the parity in its highest bit.
    function compact(uint256 secret, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secret, digest);
        return abi.encodePacked(r, bytes32(uint256(s) | uint256(v - 27) << 255));
    }

    function signed(uint256 secret, IConsensus.Vote memory message) internal view returns (bytes memory) {
        return compact(secret, rules.voteDigest(address(registry), registry.networkSalt(subnet), message));
    }

    function signed(uint256 secret, IConsensus.Checkpoint memory message)
        internal
        view
        returns (bytes memory)
    {
        return compact(
            secret, rules.checkpointDigest(address(registry), registry.networkSalt(subnet), message)
        );
    }

    /// @dev The bitmap and the signatures of the validators `first` to `end - 1`, of `count` in the set.
    function quorum(IConsensus.Checkpoint memory message, uint256 first, uint256 end, uint256 count)
        internal
        view
        returns (uint256 signers, bytes memory signatures)
    {
        uint256[] memory secrets = new uint256[](count);
        for (uint256 i = first; i < end; ++i) {
            uint256 rank = rankOf(i, count);
            secrets[rank] = secretAt(i);
            signers |= 1 << rank;
        }
        for (uint256 rank = 0; rank < count; ++rank) {
            if (secrets[rank] != 0) signatures = bytes.concat(signatures, signed(secrets[rank], message));
        }
    }

    /// @dev A checkpoint signed by all of the first `count` validators.
    function submit(IConsensus.Checkpoint memory message, uint256 count) internal {
        (uint256 signers, bytes memory signatures) = quorum(message, 0, count, count);
        registry.submitCheckpoint(subnet, message, signers, signatures);
    }

    function setHashOf(uint256 snapshotId) internal view returns (bytes32) {
        return registry.getSnapshot(subnet, snapshotId).setHash;
    }

    function proofOf(bytes32 sibling) internal pure returns (bytes32[] memory proof) {
        proof = new bytes32[](1);
        proof[0] = sibling;
    }

    function leafOf(bytes memory content) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(content)));
    }

    /// @dev The root of two leaves, pairs sorted.
    function rootOf(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return left < right ? keccak256(bytes.concat(left, right)) : keccak256(bytes.concat(right, left));
    }

    /// @dev Makes `root` the rewardsRoot of the latest checkpoint, by four validators in epoch 1.
    function publish(bytes32 root) internal {
        IConsensus.Checkpoint memory message =
            checkpoint(registry.currentEpoch(subnet), registry.latestCheckpoint(subnet).height + 1, 0);
        message.rewardsRoot = root;
        submit(message, 4);
    }
}
