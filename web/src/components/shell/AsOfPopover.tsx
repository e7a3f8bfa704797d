// The picker, hung under the button that opens it.

import { Popover } from '@mantine/core';
import type { ReactElement } from 'react';
import { useAsOf } from '../../lib/asOf';
import AsOfPicker from './AsOfPicker';

interface Props {
  button: ReactElement;
  opened: boolean;
  onClose: () => void;
}

export default function AsOfPopover({ button, opened, onClose }: Props) {
  const asOf = useAsOf();
  return (
    <Popover opened={opened} onChange={(open) => !open && onClose()} position="bottom-end" shadow="md" trapFocus returnFocus radius="lg" withRoles={false}>
      <Popover.Target>{button}</Popover.Target>
      <Popover.Dropdown>
        <AsOfPicker
          value={asOf.effective}
          chosen={asOf.chosen !== undefined}
          onChoose={(instant) => {
            asOf.choose(instant);
            onClose();
          }}
        />
      </Popover.Dropdown>
    </Popover>
  );
}
