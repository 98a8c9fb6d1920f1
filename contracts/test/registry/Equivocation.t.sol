// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IConsensus} from "../../src/registry/IConsensus.sol";
import {IStakes} from "../../src/registry/IStakes.sol";
import {RegistryTest} from "../support/RegistryTest.sol";

contract EquivocationTest is RegistryTest {
    bytes32 private constant A = keccak256("a");
    bytes32 private constant B = keccak256("b");
    uint128 private constant STAKE = 10_005;

    IConsensus.Vote[] private cast;

    function setUp() public override {
        super.setUp();
        begin(4, STAKE);
    }

    function test_EveryPairOfTheTableIsSlashed() public {
        IConsensus.Vote[2][4] memory pairs = [
            [vote(N, 1, 5, A), vote(N, 1, 5, B)],
            [vote(X, 1, 5, A), vote(X, 1, 5, B)],
            [vote(X, 1, 5, A), vote(U, 1, 5, 0)],
            [vote(N, 1, 5, A), vote(X, 1, 5, B)]
        ];
        for (uint256 i = 0; i < 4; ++i) {
            // Each signer once, in either order, and once only.
            (IConsensus.Vote memory a, IConsensus.Vote memory b) = (pairs[i][0], pairs[i][1]);
            if (i % 2 == 1) (a, b) = (b, a);
            _slash(i, a, b);
            _checkSlashed(i);
            for (uint256 j = 0; j < 4; ++j) {
                _refused(
                    i,
                    pairs[j][0],
                    pairs[j][1],
                    abi.encodeWithSelector(IConsensus.AlreadySlashed.selector, 1, keyAt(i))
                );
            }
        }
        vm.assertEq(registry.rewardPool(subnet, address(usd)), 4 * 9005, "pool");
        vm.assertEq(usd.balanceOf(reporter), 4 * 1000, "a tenth, rounded down");
    }

    function test_TwoCheckpointsOfOneHeightAreSlashed() public {
        IConsensus.Checkpoint memory a = checkpoint(1, 5, 0);
        for (uint256 i = 0; i < 4; ++i) {
            IConsensus.Checkpoint memory b = checkpoint(1, 5, 0);
            if (i == 0) b.blockHash = A;
            if (i == 1) b.receiptsRoot = A;
            if (i == 2) b.nextSetHash = A;
            // The later epoch counts, whichever comes first: epoch 1 is that of the set.
            if (i == 3) b.epoch = 0;
            _slashCheckpoints(i, a, b);
            _checkSlashed(i);
            _refusedCheckpoints(
                i, b, a, abi.encodeWithSelector(IConsensus.AlreadySlashed.selector, 1, keyAt(i))
            );
        }
    }

    function test_CheckpointsOfOtherHeightsOrTheSameAreLegal() public {
        IConsensus.Checkpoint memory a = checkpoint(1, 5, 0);
        bytes memory reason = abi.encodeWithSelector(IConsensus.NoConflict.selector);
        _refusedCheckpoints(0, a, a, reason);
        IConsensus.Checkpoint memory b = checkpoint(1, 6, 0);
        _refusedCheckpoints(0, a, b, reason);
    }

    function test_LegalAndMalformedPairsAreNot() public {
        IConsensus.Vote[2][12] memory legal = [
            [vote(N, 1, 5, A), vote(U, 1, 5, 0)],
            [vote(U, 1, 5, 0), vote(U, 1, 5, 0)],
            [vote(N, 1, 5, A), vote(X, 1, 5, A)],
            [vote(N, 1, 5, A), vote(N, 1, 5, A)],
            [vote(X, 1, 5, A), vote(X, 1, 6, B)],
            [vote(N, 1, 5, A), vote(N, 1, 6, B)],
            [vote(X, 1, 5, A), vote(U, 1, 6, 0)],
            [vote(X, 1, 5, A), vote(X, 2, 5, B)],
            [vote(X, 1, 5, A), vote(U, 1, 5, B)],
            [vote(X, 1, 5, A), vote(X, 1, 5, 0)],
            [vote(N, 1, 5, A), vote(0, 1, 5, B)],
            [vote(N, 1, 5, A), vote(4, 1, 5, B)]
        ];
        submit(checkpoint(1, 9, setHashOf(1)), 4);
        for (uint256 i = 0; i < legal.length; ++i) {
            bytes memory reason = abi.encodeWithSelector(IConsensus.NoConflict.selector);
            _refused(0, legal[i][0], legal[i][1], reason);
            _refused(0, legal[i][1], legal[i][0], reason);
        }
    }

    /// @dev Any two votes against the table of the specification, written as a table.
    /// forge-config: deep.fuzz.runs = 4000
    function testFuzz_APairIsSlashedIffTheTableSaysSo(
        uint8[2] memory kinds,
        uint8[2] memory epochs,
        uint8[2] memory views,
        uint8[2] memory blocks
    ) public {
        IConsensus.Vote[2] memory votes;
        for (uint256 i = 0; i < 2; ++i) {
            uint8 kind = kinds[i] % 5;
            bytes32 blockHash = blocks[i] % 8 == 0 ? bytes32(0) : blocks[i] % 2 == 0 ? A : B;
            if (kind == U && blocks[i] % 8 != 7) blockHash = 0;
            votes[i] = vote(kind, epochs[i] % 16 == 0 ? 2 : 1, views[i] % 8 == 0 ? 6 : 5, blockHash);
        }
        submit(checkpoint(1, 9, setHashOf(1)), 4);
        bool slashable = _inTable(votes[0], votes[1]) || _inTable(votes[1], votes[0]);
        if (!slashable) {
            _refused(0, votes[0], votes[1], abi.encodeWithSelector(IConsensus.NoConflict.selector));
        } else {
            _slash(0, votes[0], votes[1]);
        }
    }

    /// @dev A validator that keeps the guard rules G1 to G5, whatever it is asked to sign, is safe.
    /// forge-config: deep.fuzz.runs = 1000
    function testFuzz_WhoKeepsTheGuardIsNeverSlashed(uint256 seed) public {
        bytes32[8] memory notarized;
        bytes32[8] memory finalized;
        bool[8] memory nullified;
        uint64 current = 1;
        for (uint256 step = 0; step < 24; ++step) {
            seed = uint256(keccak256(abi.encode(seed)));
            if (seed % 4 == 0 && current < 7) ++current;
            uint64 view_ = seed >> 8 & 1 == 0 ? current : uint64(1 + (seed >> 16) % current);
            bytes32 wanted = seed >> 64 & 1 == 0 ? A : B;
            uint8 kind = uint8(1 + (seed >> 72) % 3);
            bool isFree = (finalized[view_] == 0 || finalized[view_] == wanted)
                && (notarized[view_] == 0 || notarized[view_] == wanted) && !nullified[view_];
            if (kind == N && isFree && view_ == current) {
                notarized[view_] = wanted;
                cast.push(vote(N, 1, view_, wanted));
            } else if (kind == U && view_ == current && finalized[view_] == 0) {
                nullified[view_] = true;
                cast.push(vote(U, 1, view_, 0));
            } else if (kind == X && isFree) {
                finalized[view_] = wanted;
                cast.push(vote(X, 1, view_, wanted));
            }
        }
        bytes memory reason = abi.encodeWithSelector(IConsensus.NoConflict.selector);
        for (uint256 i = 0; i < cast.length; ++i) {
            for (uint256 j = 0; j < cast.length; ++j) {
                _refused(0, cast[i], cast[j], reason);
            }
        }
        vm.assertEq(registry.getStake(subnet, VALIDATOR, operatorAt(0)).bonded, STAKE, "innocent");
    }

    function test_BothVotesAreBySameMemberUnderThisDomain() public {
        (IConsensus.Vote memory a, IConsensus.Vote memory b) = (vote(N, 1, 5, A), vote(N, 1, 5, B));
        bytes memory good = signed(secretAt(0), a);
        bytes32 salt = registry.networkSalt(subnet);
        bytes32 digest = rules.voteDigest(address(registry), salt, b);
        bytes[] memory bad = new bytes[](8);
        bad[0] = signed(secretAt(1), b);
        bad[1] = compact(secretAt(0), rules.voteDigest(address(this), salt, b));
        bad[2] = compact(secretAt(0), rules.voteDigest(address(registry), 0, b));
        bad[3] = new bytes(64);
        bad[4] = signature(secretAt(0), digest);
        bad[5] = "";
        bad[6] = bytes.concat(signed(secretAt(0), b), new bytes(1));
        vm.chainId(block.chainid + 1);
        bytes32 elsewhere = rules.voteDigest(address(registry), salt, b);
        vm.chainId(block.chainid - 1);
        bad[7] = compact(secretAt(0), elsewhere);
        for (uint256 i = 0; i < bad.length; ++i) {
            vm.expectRevert(IConsensus.InvalidSignature.selector);
            registry.slashEquivocation(subnet, a, good, b, bad[i]);
            vm.expectRevert(IConsensus.InvalidSignature.selector);
            registry.slashEquivocation(subnet, b, bad[i], a, good);
        }
        // Nobody on both sides is nobody.
        vm.expectRevert(IConsensus.InvalidSignature.selector);
        registry.slashEquivocation(subnet, a, new bytes(64), b, new bytes(64));
        IConsensus.Checkpoint memory c = checkpoint(1, 5, 0);
        IConsensus.Checkpoint memory d = checkpoint(1, 5, A);
        (bytes memory left, bytes memory right) = (signed(secretAt(0), c), signed(secretAt(1), d));
        vm.expectRevert(IConsensus.InvalidSignature.selector);
        registry.slashCheckpoints(subnet, c, left, d, right);
    }

    function test_AStrangerToTheEpochIsNotSlashed() public {
        addValidator(4, STAKE);
        (IConsensus.Vote memory a, IConsensus.Vote memory b) = (vote(N, 1, 5, A), vote(N, 1, 5, B));
        _refused(4, a, b, abi.encodeWithSelector(IConsensus.NotInSet.selector, 1, keyAt(4)));
        vm.warp(START + EPOCH);
        registry.takeSnapshot(subnet);
        _refused(4, a, b, abi.encodeWithSelector(IConsensus.NotInSet.selector, 1, keyAt(4)));
        submit(checkpoint(1, 9, setHashOf(2)), 4);
        _refused(4, a, b, abi.encodeWithSelector(IConsensus.NotInSet.selector, 1, keyAt(4)));
        _slash(4, vote(N, 2, 5, A), vote(N, 2, 5, B));
    }

    function test_EvidenceIsTakenInItsWindow() public {
        (IConsensus.Vote memory a, IConsensus.Vote memory b) = (vote(N, 1, 5, A), vote(N, 1, 5, B));
        _refused(
            0,
            vote(N, 2, 5, A),
            vote(N, 2, 5, B),
            abi.encodeWithSelector(IConsensus.WrongEpoch.selector, 2, 1)
        );
        vm.warp(START + 80 days);
        submit(checkpoint(1, 9, setHashOf(1)), 4);
        uint256 closed = block.timestamp;
        vm.warp(closed + 10 days);
        _slash(0, a, b);
        vm.warp(closed + 10 days + 1);
        _refused(1, a, b, abi.encodeWithSelector(IConsensus.EvidenceTooOld.selector, 1));
        _slash(1, vote(N, 2, 5, A), vote(N, 2, 5, B));
    }

    function test_OncePerEpochAndForStakeThatCameLaterAgain() public {
        _slash(0, vote(N, 1, 5, A), vote(N, 1, 5, B));
        stake(operatorAt(0), VALIDATOR, STAKE);
        _refused(
            0,
            vote(X, 1, 7, A),
            vote(X, 1, 7, B),
            abi.encodeWithSelector(IConsensus.AlreadySlashed.selector, 1, keyAt(0))
        );
        submit(checkpoint(1, 9, setHashOf(1)), 4);
        _slash(0, vote(X, 2, 7, A), vote(X, 2, 7, B));
        _checkSlashed(0);
        submit(checkpoint(2, 10, setHashOf(1)), 4);
        // Nothing left is nothing paid.
        _slash(0, vote(X, 3, 7, A), vote(X, 3, 7, B));
        vm.assertEq(usd.balanceOf(reporter), 2000, "two tenths");
    }

    function test_AnOldKeysVotesStillReachItsOperator() public {
        setKey(operatorAt(0), secretAt(50));
        _slash(0, vote(N, 1, 5, A), vote(N, 1, 5, B));
        _checkSlashed(0);
    }

    function test_ASlashReachesUnbondingStakeAndLosesTheSeat() public {
        unbond(operatorAt(0), VALIDATOR, STAKE - MINIMUM);
        vm.expectEmit(address(registry));
        emit IStakes.StakeSlashed(subnet, VALIDATOR, operatorAt(0), STAKE);
        _slash(0, vote(N, 1, 5, A), vote(N, 1, 5, B));
        _checkSlashed(0);
        vm.assertEq(registry.seats(subnet).length, 3, "no seat");
        vm.assertEq(registry.totalBonded(subnet, VALIDATOR), 3 * STAKE, "others");
        vm.assertEq(usd.balanceOf(address(registry)), 4 * STAKE - 1000, "held");
    }

    function test_OtherRolesOfTheOperatorAreNotTouched() public {
        stake(operatorAt(0), GATEWAY, 77);
        _slash(0, vote(N, 1, 5, A), vote(N, 1, 5, B));
        vm.assertEq(registry.getStake(subnet, GATEWAY, operatorAt(0)).bonded, 77, "gateway");
    }

    function _inTable(IConsensus.Vote memory a, IConsensus.Vote memory b) private pure returns (bool) {
        if (a.epoch != b.epoch || a.view_ != b.view_) return false;
        bool different = a.blockHash != 0 && b.blockHash != 0 && a.blockHash != b.blockHash;
        if (a.kind == N && b.kind == N) return different;
        if (a.kind == X && b.kind == X) return different;
        if (a.kind == N && b.kind == X) return different;
        return a.kind == X && a.blockHash != 0 && b.kind == U && b.blockHash == 0;
    }

    function _slash(uint256 who, IConsensus.Vote memory a, IConsensus.Vote memory b) private {
        (bytes memory left, bytes memory right) = (signed(secretAt(who), a), signed(secretAt(who), b));
        vm.prank(reporter);
        registry.slashEquivocation(subnet, a, left, b, right);
    }

    function _slashCheckpoints(uint256 who, IConsensus.Checkpoint memory a, IConsensus.Checkpoint memory b)
        private
    {
        (bytes memory left, bytes memory right) = (signed(secretAt(who), a), signed(secretAt(who), b));
        vm.prank(reporter);
        registry.slashCheckpoints(subnet, a, left, b, right);
    }

    function _refused(uint256 who, IConsensus.Vote memory a, IConsensus.Vote memory b, bytes memory reason)
        private
    {
        (bytes memory left, bytes memory right) = (signed(secretAt(who), a), signed(secretAt(who), b));
        vm.expectRevert(reason);
        registry.slashEquivocation(subnet, a, left, b, right);
    }

    function _refusedCheckpoints(
        uint256 who,
        IConsensus.Checkpoint memory a,
        IConsensus.Checkpoint memory b,
        bytes memory reason
    ) private {
        (bytes memory left, bytes memory right) = (signed(secretAt(who), a), signed(secretAt(who), b));
        vm.expectRevert(reason);
        registry.slashCheckpoints(subnet, a, left, b, right);
    }

    function _checkSlashed(uint256 who) private view {
        IStakes.Stake memory left = registry.getStake(subnet, VALIDATOR, operatorAt(who));
        vm.assertEq(uint256(left.bonded) + left.unbonding + left.frozen, 0, "nothing left");
        vm.assertEq(left.releaseAt, 0, "nothing unbonding");
    }
}
