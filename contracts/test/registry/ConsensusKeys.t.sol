// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IConsensus} from "../../src/registry/IConsensus.sol";
import {ISubnets} from "../../src/registry/ISubnets.sol";
import {RegistryTest} from "../support/RegistryTest.sol";

contract ConsensusKeysTest is RegistryTest {
    function test_AKeyIsSetByItsOwnSignature() public {
        address operator = operatorAt(0);
        vm.expectEmit(address(registry));
        emit IConsensus.ConsensusKeySet(subnet, operator, keyAt(0));
        setKey(operator, secretAt(0));
        vm.assertEq(registry.consensusKeyOf(subnet, operator), keyAt(0), "key");
        vm.assertEq(registry.operatorOf(subnet, keyAt(0)), operator, "operator");
        vm.assertEq(registry.seats(subnet).length, 0, "no stake, no seat");
    }

    function test_AForeignSignatureSetsNoKey() public {
        address operator = operatorAt(0);
        bytes32 digest = registry.consensusKeyDigest(subnet, operator);
        uint256 other = registry.createSubnet("vision", address(usd), parameters());
        bytes[] memory bad = new bytes[](5);
        bad[0] = signature(secretAt(1), digest);
        bad[1] = signature(secretAt(0), registry.consensusKeyDigest(subnet, operatorAt(1)));
        bad[2] = signature(secretAt(0), registry.consensusKeyDigest(other, operator));
        bad[3] = new bytes(65);
        bad[4] = compact(secretAt(0), digest);
        for (uint256 i = 0; i < bad.length; ++i) {
            vm.expectRevert(IConsensus.InvalidSignature.selector);
            vm.prank(operator);
            registry.setConsensusKey(subnet, keyAt(0), bad[i]);
        }
    }

    function test_AKeyIsNeitherZeroNorTheOperator() public {
        address operator = operatorAt(0);
        vm.expectRevert(abi.encodeWithSelector(IConsensus.InvalidConsensusKey.selector, address(0)));
        vm.prank(operator);
        registry.setConsensusKey(subnet, address(0), new bytes(65));
        vm.expectRevert(abi.encodeWithSelector(IConsensus.InvalidConsensusKey.selector, operator));
        vm.prank(operator);
        registry.setConsensusKey(subnet, operator, new bytes(65));
        vm.expectRevert(abi.encodeWithSelector(ISubnets.UnknownSubnet.selector, 9));
        registry.setConsensusKey(9, operator, new bytes(65));
    }

    function test_AKeyBelongsToOneOperatorForEver() public {
        (address first, address second) = (operatorAt(0), operatorAt(1));
        setKey(first, secretAt(0));
        setKey(first, secretAt(1));
        vm.assertEq(registry.operatorOf(subnet, keyAt(0)), first, "still");
        vm.assertEq(registry.consensusKeyOf(subnet, first), keyAt(1), "new");
        bytes memory proof = signature(secretAt(0), registry.consensusKeyDigest(subnet, second));
        vm.expectRevert(abi.encodeWithSelector(IConsensus.ConsensusKeyTaken.selector, keyAt(0), first));
        vm.prank(second);
        registry.setConsensusKey(subnet, keyAt(0), proof);
        setKey(first, secretAt(0));
        vm.assertEq(registry.consensusKeyOf(subnet, first), keyAt(0), "back");
    }

    function test_KeyAndStakeTogetherTakeASeatInEitherOrder() public {
        addValidator(0, MINIMUM);
        stake(operatorAt(1), VALIDATOR, MINIMUM);
        vm.assertEq(registry.seats(subnet).length, 1, "no key yet");
        setKey(operatorAt(1), secretAt(1));
        stake(operatorAt(2), NODE, MINIMUM);
        setKey(operatorAt(2), secretAt(2));
        _checkSeats(2);
        stake(operatorAt(1), VALIDATOR, MINIMUM);
        _checkSeats(2);
    }

    function test_ASeatIsLostBelowTheMinimum() public {
        for (uint256 i = 0; i < 3; ++i) {
            addValidator(i, 2 * MINIMUM);
        }
        unbond(operatorAt(0), VALIDATOR, MINIMUM);
        _checkSeats(3);
        vm.expectEmit(address(registry));
        emit IConsensus.SeatLost(subnet, operatorAt(0));
        unbond(operatorAt(0), VALIDATOR, 1);
        address[] memory seats = registry.seats(subnet);
        vm.assertEq(seats.length, 2, "two left");
        vm.assertEq(seats[0], operatorAt(2), "the last sits in the free seat");
        unbond(operatorAt(2), VALIDATOR, 2 * MINIMUM);
        vm.assertEq(registry.seats(subnet)[0], operatorAt(1), "and its seat can be found again");
        unbond(operatorAt(1), VALIDATOR, 2 * MINIMUM);
        vm.assertEq(registry.seats(subnet).length, 0, "none");
        unbond(operatorAt(0), VALIDATOR, MINIMUM - 1);
    }

    function test_AStrongerNewcomerReplacesTheWeakest() public {
        for (uint256 i = 0; i < 100; ++i) {
            addValidator(i, MINIMUM + uint128((i + 50) % 100));
        }
        vm.assertEq(registry.seats(subnet).length, registry.MAX_VALIDATORS(), "full");
        addValidator(100, MINIMUM);
        vm.assertEq(registry.getStake(subnet, VALIDATOR, operatorAt(100)).bonded, MINIMUM, "staked");
        vm.expectRevert(abi.encodeWithSelector(IConsensus.NoSeat.selector, subnet, operatorAt(100)));
        registry.takeSeat(subnet, operatorAt(100));

        stake(operatorAt(100), VALIDATOR, 1);
        address[] memory seats = registry.seats(subnet);
        vm.assertEq(seats.length, 100, "still full");
        vm.assertEq(seats[50], operatorAt(100), "the seat of the weakest");
        unbond(operatorAt(7), VALIDATOR, MINIMUM);
        vm.expectEmit(address(registry));
        emit IConsensus.SeatTaken(subnet, operatorAt(50));
        registry.takeSeat(subnet, operatorAt(50));
        vm.assertEq(registry.seats(subnet)[99], operatorAt(50), "a free seat");
    }

    function test_ASeatNeedsKeyAndStake() public {
        stake(operatorAt(0), VALIDATOR, MINIMUM);
        setKey(operatorAt(1), secretAt(1));
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IConsensus.NotEligible.selector, subnet, operatorAt(i)));
            registry.takeSeat(subnet, operatorAt(i));
        }
        addValidator(2, MINIMUM);
        registry.takeSeat(subnet, operatorAt(2));
        vm.assertEq(registry.seats(subnet).length, 1, "one seat");
        vm.assertEq(registry.seats(subnet)[0], operatorAt(2), "its holder");
        vm.expectRevert(abi.encodeWithSelector(ISubnets.UnknownSubnet.selector, 9));
        registry.takeSeat(9, operatorAt(2));
    }

    function _checkSeats(uint256 count) private view {
        address[] memory seats = registry.seats(subnet);
        vm.assertEq(seats.length, count, "seats");
        for (uint256 i = 0; i < count; ++i) {
            vm.assertEq(seats[i], operatorAt(i), "holder");
        }
    }
}
