// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IConsensus} from "../../src/registry/IConsensus.sol";
import {IPenalties} from "../../src/registry/IPenalties.sol";
import {IStakes} from "../../src/registry/IStakes.sol";
import {RegistryTest} from "../support/RegistryTest.sol";

/// @notice Six validators that stake, leave, vote, cheat, are penalized and pardoned in any order.
contract RegistryActors is RegistryTest {
    uint256 public constant COUNT = 6;
    bytes32 private constant SIBLING = keccak256("sibling");

    /// @notice What came from outside and never through a function.
    uint256 public donated;
    /// @notice What an operator put in and got back.
    mapping(address operator => uint256) public paidIn;
    mapping(address operator => uint256) public paidOut;
    /// @notice What executed penalties took from an operator.
    mapping(address operator => uint256) public penalized;
    /// @notice What slashes took from an operator, and whether it cheated.
    mapping(address operator => uint256) public slashed;
    mapping(address operator => bool) public cheated;
    uint256 public funded;
    uint256 public claimed;
    bytes32[] public penalties;
    uint128 private earned;

    constructor() {
        setUp();
        for (uint256 i = 0; i < COUNT; ++i) {
            addValidator(i, 5 * MINIMUM);
            paidIn[operatorAt(i)] = 5 * MINIMUM;
        }
        registry.takeSnapshot(subnet);
    }

    /// @dev Public in the tests, so it would be called again as one of the actions.
    function setUp() public override {
        if (address(registry) == address(0)) super.setUp();
    }

    function token() external view returns (address) {
        return address(usd);
    }

    function where() external view returns (address, uint256) {
        return (address(registry), subnet);
    }

    function operators(uint256 index) external pure returns (address) {
        return operatorAt(index);
    }

    function penaltyCount() external view returns (uint256) {
        return penalties.length;
    }

    function stakeMore(uint256 who, uint128 amount) external {
        address operator = operatorAt(who % COUNT);
        amount = bound128(amount, MINIMUM, 10 * MINIMUM);
        stake(operator, VALIDATOR, amount);
        paidIn[operator] += amount;
    }

    function unbondSome(uint256 who, uint128 amount) external {
        address operator = operatorAt(who % COUNT);
        uint128 bonded = registry.getStake(subnet, VALIDATOR, operator).bonded;
        if (bonded != 0) unbond(operator, VALIDATOR, bound128(amount, 1, bonded));
    }

    function withdrawAll(uint256 who) external {
        address operator = operatorAt(who % COUNT);
        uint40 at_ = registry.withdrawableAt(subnet, VALIDATOR, operator);
        if (at_ == 0 || at_ > block.timestamp) return;
        uint256 before = usd.balanceOf(operator);
        withdraw(operator, VALIDATOR);
        paidOut[operator] += usd.balanceOf(operator) - before;
    }

    function passTime(uint256 elapsed) external {
        vm.warp(block.timestamp + bound(elapsed, 1, 12 days));
    }

    function snapshot() external {
        try registry.takeSnapshot(subnet) {} catch {}
    }

    /// @dev A checkpoint of the open epoch by all its members, whoever has stake left.
    function agree(bool closes) external {
        _agree(keccak256("nothing"), closes);
    }

    function fund(uint128 amount) external {
        amount = bound128(amount, 1, 10 * MINIMUM);
        usd.mint(address(this), amount);
        usd.approve(address(registry), amount);
        registry.fundRewards(subnet, address(usd), amount);
        funded += amount;
    }

    function reward(uint128 more) external {
        earned += bound128(more, 1, 10 * MINIMUM);
        bytes32 leaf = leafOf(abi.encode(uint8(1), subnet, address(usd), reporter, earned));
        if (!_agree(rootOf(leaf, SIBLING), false)) return;
        uint256 before = usd.balanceOf(reporter);
        try registry.claimReward(subnet, address(usd), reporter, earned, proofOf(SIBLING)) {} catch {}
        claimed += usd.balanceOf(reporter) - before;
    }

    function penalize(uint256 who, uint128 amount) external {
        address operator = operatorAt(who % COUNT);
        amount = bound128(amount, 1, 10 * MINIMUM);
        bytes32 id = keccak256(abi.encode("penalty", penalties.length));
        bytes memory leaf = abi.encode(uint8(2), subnet, id, VALIDATOR, operator, amount, bytes32(0));
        if (!_agree(rootOf(leafOf(leaf), SIBLING), false)) return;
        try registry.openPenalty(subnet, id, VALIDATOR, operator, amount, 0, proofOf(SIBLING)) {
            penalties.push(id);
        } catch {}
    }

    function execute(uint256 which) external {
        if (penalties.length == 0) return;
        bytes32 id = penalties[which % penalties.length];
        address operator = registry.getPenalty(subnet, id).operator;
        uint256 before = registry.rewardPool(subnet, address(usd));
        try registry.executePenalty(subnet, id) {} catch {}
        penalized[operator] += registry.rewardPool(subnet, address(usd)) - before;
    }

    function pardon(uint256 which) external {
        if (penalties.length == 0) return;
        bytes32 id = penalties[which % penalties.length];
        if (registry.getPenalty(subnet, id).state != IPenalties.PenaltyState.Open) return;
        if (!_agree(rootOf(leafOf(abi.encode(uint8(3), subnet, id)), SIBLING), false)) return;
        registry.pardonPenalty(subnet, id, proofOf(SIBLING));
    }

    function cheat(uint256 who, uint64 epoch, bool isCheckpoint) external {
        who = who % COUNT;
        epoch = uint64(bound(epoch, 1, registry.currentEpoch(subnet)));
        address operator = operatorAt(who);
        IStakes.Stake memory before = registry.getStake(subnet, VALIDATOR, operator);
        if (!(isCheckpoint ? _forkCheckpoint(who, epoch) : _forkVote(who, epoch))) return;
        cheated[operator] = true;
        slashed[operator] += uint256(before.bonded) + before.unbonding + before.frozen;
    }

    /// @dev Any two things that an honest validator signs both.
    function accuse(uint256 who, uint64 epoch, uint8 legal) external {
        who = who % COUNT;
        epoch = uint64(bound(epoch, 1, registry.currentEpoch(subnet)));
        IConsensus.Vote memory a = vote(N, epoch, 3, "a");
        IConsensus.Vote memory b = vote(U, epoch, 3, 0);
        if (legal % 3 == 1) (a, b) = (vote(X, epoch, 3, "a"), vote(X, epoch, 4, "b"));
        if (legal % 3 == 2) (a, b) = (vote(N, epoch, 3, "a"), vote(X, epoch, 3, "a"));
        bytes memory left = signed(secretAt(who), a);
        bytes memory right = signed(secretAt(who), b);
        try registry.slashEquivocation(subnet, a, left, b, right) {
            revert("an innocent was slashed");
        } catch {}
    }

    function donate(uint128 amount) external {
        amount = bound128(amount, 1, MINIMUM);
        usd.mint(address(registry), amount);
        donated += amount;
    }

    function _forkVote(uint256 who, uint64 epoch) private returns (bool) {
        IConsensus.Vote memory a = vote(N, epoch, 3, "a");
        IConsensus.Vote memory b = vote(X, epoch, 3, "b");
        bytes memory left = signed(secretAt(who), a);
        bytes memory right = signed(secretAt(who), b);
        vm.prank(reporter);
        try registry.slashEquivocation(subnet, a, left, b, right) {
            return true;
        } catch {
            return false;
        }
    }

    function _forkCheckpoint(uint256 who, uint64 epoch) private returns (bool) {
        IConsensus.Checkpoint memory a = checkpoint(epoch, 3, 0);
        IConsensus.Checkpoint memory b = checkpoint(epoch, 3, "b");
        bytes memory left = signed(secretAt(who), a);
        bytes memory right = signed(secretAt(who), b);
        vm.prank(reporter);
        try registry.slashCheckpoints(subnet, a, left, b, right) {
            return true;
        } catch {
            return false;
        }
    }

    function _agree(bytes32 rewardsRoot, bool closes) private returns (bool) {
        uint64 epoch = registry.currentEpoch(subnet);
        uint256 newest = registry.snapshotCount(subnet);
        IConsensus.Checkpoint memory message = checkpoint(
            epoch, registry.latestCheckpoint(subnet).height + 1, closes ? setHashOf(newest) : bytes32(0)
        );
        message.rewardsRoot = rewardsRoot;
        bytes memory blob =
            registry.getSnapshot(subnet, registry.getEpoch(subnet, epoch).snapshotId).blob.code;
        uint256 size = blob.length / 32;
        bytes memory all;
        for (uint256 rank = 0; rank < size; ++rank) {
            uint256 word;
            assembly ("memory-safe") {
                word := mload(add(add(blob, 0x21), mul(rank, 0x20)))
            }
            for (uint256 i = 0; i < COUNT; ++i) {
                if (keyAt(i) == address(uint160(word >> 96))) {
                    all = bytes.concat(all, signed(secretAt(i), message));
                }
            }
        }
        try registry.submitCheckpoint(subnet, message, (1 << size) - 1, all) {
            return true;
        } catch {
            return false;
        }
    }
}
