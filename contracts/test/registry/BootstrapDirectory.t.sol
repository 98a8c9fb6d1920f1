// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BootstrapDirectory} from "../../src/registry/BootstrapDirectory.sol";
import {IBootstrapDirectory} from "../../src/registry/IBootstrapDirectory.sol";
import {ISubnets} from "../../src/registry/ISubnets.sol";
import {RegistryTest} from "../support/RegistryTest.sol";

contract BootstrapDirectoryTest is RegistryTest {
    IBootstrapDirectory private directory;

    function setUp() public override {
        super.setUp();
        directory = new BootstrapDirectory(registry);
    }

    function test_an_active_gateway_and_an_active_validator_announce() public {
        stake(operatorAt(1), GATEWAY, 5);
        stake(operatorAt(2), VALIDATOR, MINIMUM);
        stake(operatorAt(2), GATEWAY, 7);
        vm.expectEmit(address(directory));
        emit IBootstrapDirectory.Announced(subnet, operatorAt(1), "https://one");
        announce(1, "https://one");
        announce(2, "https://two");

        IBootstrapDirectory.Entry[] memory entries = directory.page(subnet, 0, 10);
        vm.assertEq(entries.length, 2, "number of entries");
        assertEntry(entries[0], 1, 5, "https://one");
        assertEntry(entries[1], 2, MINIMUM + 7, "https://two");
    }

    function test_without_active_stake_as_gateway_or_validator_nobody_announces() public {
        stake(operatorAt(1), NODE, 1_000_000);
        vm.expectRevert(abi.encodeWithSelector(IBootstrapDirectory.NotActive.selector, subnet, operatorAt(1)));
        announce(1, "https://one");

        vm.expectRevert(abi.encodeWithSelector(IBootstrapDirectory.NotActive.selector, subnet, operatorAt(2)));
        announce(2, "https://two");
    }

    function test_stake_in_another_subnet_does_not_count() public {
        stake(operatorAt(1), GATEWAY, 5);
        uint256 other = registry.createSubnet("vision", address(usd), parameters());
        vm.expectRevert(abi.encodeWithSelector(IBootstrapDirectory.NotActive.selector, other, operatorAt(1)));
        vm.prank(operatorAt(1));
        directory.announce(other, "https://one");
    }

    function test_an_address_has_1_to_256_bytes() public {
        stake(operatorAt(1), GATEWAY, 5);
        vm.expectRevert(abi.encodeWithSelector(IBootstrapDirectory.InvalidUrl.selector, 0));
        announce(1, "");
        vm.expectRevert(abi.encodeWithSelector(IBootstrapDirectory.InvalidUrl.selector, 257));
        announce(1, string(new bytes(257)));
        announce(1, string(new bytes(256)));
        vm.assertEq(directory.count(subnet), 1, "number of entries");
    }

    function test_a_second_announcement_replaces_the_first_in_its_place() public {
        announceThree();
        announce(1, "https://new");
        IBootstrapDirectory.Entry[] memory entries = directory.page(subnet, 0, 10);
        vm.assertEq(entries.length, 3, "number of entries");
        assertEntry(entries[0], 1, 5, "https://new");
    }

    function test_the_last_entry_takes_the_place_of_one_that_goes() public {
        announceThree();
        vm.expectEmit(address(directory));
        emit IBootstrapDirectory.Removed(subnet, operatorAt(1));
        vm.prank(operatorAt(1));
        directory.remove(subnet, operatorAt(1));

        IBootstrapDirectory.Entry[] memory entries = directory.page(subnet, 0, 10);
        vm.assertEq(entries.length, 2, "number of entries");
        assertEntry(entries[0], 3, 5, "https://x");
        assertEntry(entries[1], 2, 5, "https://x");

        // The moved one can still be replaced and taken out.
        announce(3, "https://moved");
        assertEntry(directory.page(subnet, 0, 1)[0], 3, 5, "https://moved");
        vm.prank(operatorAt(3));
        directory.remove(subnet, operatorAt(3));
        vm.prank(operatorAt(2));
        directory.remove(subnet, operatorAt(2));
        vm.assertEq(directory.count(subnet), 0, "number of entries");
    }

    function test_an_entry_that_is_gone_can_be_made_again_and_not_taken_out_twice() public {
        announceThree();
        vm.prank(operatorAt(3));
        directory.remove(subnet, operatorAt(3));
        vm.expectRevert(
            abi.encodeWithSelector(IBootstrapDirectory.NotAnnounced.selector, subnet, operatorAt(3))
        );
        vm.prank(operatorAt(3));
        directory.remove(subnet, operatorAt(3));
        announce(3, "https://again");
        assertEntry(directory.page(subnet, 2, 1)[0], 3, 5, "https://again");
    }

    function test_anyone_takes_out_who_is_active_no_more_and_nobody_else() public {
        announceThree();
        vm.expectRevert(
            abi.encodeWithSelector(IBootstrapDirectory.StillActive.selector, subnet, operatorAt(2))
        );
        vm.prank(reporter);
        directory.remove(subnet, operatorAt(2));

        unbond(operatorAt(2), GATEWAY, 5);
        assertEntry(directory.page(subnet, 1, 1)[0], 2, 0, "https://x");
        vm.prank(reporter);
        directory.remove(subnet, operatorAt(2));
        vm.assertEq(directory.count(subnet), 2, "number of entries");
    }

    function test_pages_end_where_the_entries_end() public {
        announceThree();
        vm.assertEq(directory.page(subnet, 0, 2).length, 2, "entries of the page");
        vm.assertEq(directory.page(subnet, 2, 2).length, 1, "entries of the page");
        vm.assertEq(directory.page(subnet, 3, 2).length, 0, "entries of the page");
        vm.assertEq(
            directory.page(subnet, type(uint256).max, type(uint256).max).length, 0, "entries of the page"
        );
        vm.assertEq(directory.page(subnet, 0, type(uint256).max).length, 3, "entries of the page");
        vm.assertEq(directory.page(subnet, 0, 0).length, 0, "entries of the page");
        vm.assertEq(directory.page(99, 0, 5).length, 0, "entries of the page");
    }

    function testFuzz_places_and_entries_agree_whatever_comes_and_goes(uint8[24] calldata moves) public {
        for (uint256 i = 0; i < 6; ++i) {
            stake(operatorAt(i), GATEWAY, 5);
        }
        bool[6] memory isIn;
        uint256 expected;
        for (uint256 i = 0; i < moves.length; ++i) {
            uint256 who = moves[i] % 6;
            if (isIn[who]) {
                vm.prank(operatorAt(who));
                directory.remove(subnet, operatorAt(who));
                --expected;
            } else {
                announce(who, "https://x");
                ++expected;
            }
            isIn[who] = !isIn[who];
        }
        IBootstrapDirectory.Entry[] memory entries = directory.page(subnet, 0, 100);
        vm.assertEq(entries.length, expected, "number of entries");
        for (uint256 i = 0; i < entries.length; ++i) {
            uint256 found;
            for (uint256 who = 0; who < 6; ++who) {
                if (entries[i].operator == operatorAt(who) && isIn[who]) ++found;
            }
            vm.assertEq(found, 1, "every entry is of one operator that is in");
        }
    }

    function announceThree() private {
        for (uint256 i = 1; i <= 3; ++i) {
            stake(operatorAt(i), GATEWAY, 5);
            announce(i, "https://x");
        }
    }

    function announce(uint256 index, string memory url) private {
        vm.prank(operatorAt(index));
        directory.announce(subnet, url);
    }

    function assertEntry(
        IBootstrapDirectory.Entry memory entry,
        uint256 index,
        uint256 staked,
        string memory url
    ) private pure {
        vm.assertEq(entry.operator, operatorAt(index), "operator");
        vm.assertEq(entry.stake, staked, "stake");
        vm.assertEq(entry.url, url, "url");
    }
}
