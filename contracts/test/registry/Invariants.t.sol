// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IPenalties} from "../../src/registry/IPenalties.sol";
import {IStakes} from "../../src/registry/IStakes.sol";
import {ISubnets} from "../../src/registry/ISubnets.sol";
import {IValidatorRegistry} from "../../src/registry/IValidatorRegistry.sol";
import {Test} from "../support/Test.sol";
import {RegistryActors} from "./RegistryActors.sol";

contract RegistryInvariantsTest is Test {
    ISubnets.Role private constant VALIDATOR = ISubnets.Role.Validator;
    RegistryActors private actors;
    IValidatorRegistry private registry;
    uint256 private subnet;

    function setUp() public {
        actors = new RegistryActors();
        address target;
        (target, subnet) = actors.where();
        registry = IValidatorRegistry(target);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(actors);
    }

    /// @dev One campaign for all: the actions cost far more than the checks.
    /// forge-config: deep.invariant.runs = 32
    function invariant_TheBooksAreRight() external view {
        _checkEveryUnitIsCountedOnce();
        _checkTotalsAreSums();
        _checkNobodyLosesButByEvidence();
        _checkFrozenStakeWaitsForSomething();
        _checkSeatsAreThoseOfActiveValidators();
    }

    function _checkEveryUnitIsCountedOnce() private view {
        uint256 counted = registry.rewardPool(subnet, actors.token());
        for (uint256 i = 0; i < actors.COUNT(); ++i) {
            IStakes.Stake memory position = _stakeOf(i);
            counted += uint256(position.bonded) + position.unbonding + position.frozen;
        }
        uint256 held = IERC20(actors.token()).balanceOf(address(registry));
        vm.assertEq(held, counted + actors.donated(), "held");
    }

    function _checkTotalsAreSums() private view {
        uint256 bonded;
        for (uint256 i = 0; i < actors.COUNT(); ++i) {
            bonded += _stakeOf(i).bonded;
        }
        vm.assertEq(registry.totalBonded(subnet, VALIDATOR), bonded, "bonded");
    }

    /// @dev What an operator put in it has, had back, or lost to a penalty or to its own cheating.
    function _checkNobodyLosesButByEvidence() private view {
        for (uint256 i = 0; i < actors.COUNT(); ++i) {
            address operator = actors.operators(i);
            IStakes.Stake memory position = _stakeOf(i);
            uint256 has = uint256(position.bonded) + position.unbonding + position.frozen;
            uint256 lost = actors.penalized(operator) + actors.slashed(operator);
            vm.assertEq(has + actors.paidOut(operator) + lost, actors.paidIn(operator), "operator");
            vm.assertTrue(actors.cheated(operator) || actors.slashed(operator) == 0, "innocent");
        }
    }

    /// @dev Frozen stake is that of open penalties; those from before a slash are empty.
    function _checkFrozenStakeWaitsForSomething() private view {
        for (uint256 i = 0; i < actors.COUNT(); ++i) {
            uint256 open;
            for (uint256 p = 0; p < actors.penaltyCount(); ++p) {
                IPenalties.Penalty memory penalty = registry.getPenalty(subnet, actors.penalties(p));
                bool isOpen = penalty.state == IPenalties.PenaltyState.Open;
                if (isOpen && penalty.operator == actors.operators(i)) open += penalty.amount;
            }
            uint256 frozen = _stakeOf(i).frozen;
            vm.assertLe(frozen, open, "frozen");
            if (!actors.cheated(actors.operators(i))) vm.assertEq(frozen, open, "all of it");
        }
    }

    function _checkSeatsAreThoseOfActiveValidators() private view {
        address[] memory seats = registry.seats(subnet);
        for (uint256 i = 0; i < seats.length; ++i) {
            vm.assertTrue(registry.isActive(subnet, VALIDATOR, seats[i]), "active");
            for (uint256 j = 0; j < i; ++j) {
                vm.assertTrue(seats[i] != seats[j], "one seat each");
            }
        }
    }

    function _stakeOf(uint256 index) private view returns (IStakes.Stake memory) {
        return registry.getStake(subnet, VALIDATOR, actors.operators(index));
    }
}
