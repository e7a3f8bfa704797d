// A pop-up over a page, as a visitor would see it: where it stands and what it covers. A document of its own stands
// in a frame that runs nothing.

import { useTranslation } from 'react-i18next';
import classes from './PopupPreview.module.css';

interface Props {
  fields: Record<string, unknown>;
}

export function PopupPreview({ fields }: Props) {
  const { t } = useTranslation();
  const said = (name: string) => (typeof fields[name] === 'string' ? (fields[name] as string) : '');
  const buttons = Array.isArray(fields.buttons) ? (fields.buttons as { title: string }[]) : [];
  const layout = said('layout') || 'modal';
  const place = classes[layout] ?? classes.modal;
  const banner = layout.startsWith('banner') || layout === 'corner';
  return (
    <div className={classes.page} role="img" aria-label={t('content.popup.page')} data-layout={layout}>
      <div className={classes.lines} aria-hidden />
      {!banner && <div className={classes.veil} />}
      <div className={`${classes.box} ${place}`} dir="auto" data-popup>
        {layout === 'html' ? (
          <iframe className={classes.frame} title={t('content.popup.frame')} sandbox="" referrerPolicy="no-referrer" srcDoc={said('html')} />
        ) : (
          <>
            {said('image') && <div className={classes.image}><bdi>{said('image')}</bdi></div>}
            {layout !== 'image' && (
              <>
                <strong>{said('title')}</strong>
                <div className={classes.text}>{said('body')}</div>
                {buttons.length > 0 && <div className={classes.buttons}>{buttons.map(({ title }, at) => <span key={`${at} ${title}`} className={classes.button}>{title}</span>)}</div>}
              </>
            )}
          </>
        )}
        <span className={classes.close} aria-hidden>×</span>
      </div>
    </div>
  );
}
